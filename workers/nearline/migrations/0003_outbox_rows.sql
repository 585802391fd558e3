DROP TABLE `unlogged`;
--> statement-breakpoint
CREATE TABLE `unlogged` (
	`row` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`body` text NOT NULL,
	`received_at` integer NOT NULL,
	`resends` integer NOT NULL
);
