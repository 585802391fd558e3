CREATE TABLE `unlogged` (
	`id` text PRIMARY KEY NOT NULL,
	`body` text NOT NULL,
	`received_at` integer NOT NULL,
	`resends` integer NOT NULL
);
