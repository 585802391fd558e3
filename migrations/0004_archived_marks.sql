-- drizzle cannot express WITHOUT ROWID: the table is its own index.
CREATE TABLE `archived_marks` (
	`user_id` text NOT NULL,
	`item_id` text NOT NULL,
	`type` text NOT NULL,
	`id` text NOT NULL,
	`value` real,
	`timestamp` integer NOT NULL,
	PRIMARY KEY(`user_id`, `item_id`, `type`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `slate_counts` (
	`day` integer PRIMARY KEY NOT NULL,
	`seen` integer NOT NULL,
	`seen_bytes` integer NOT NULL,
	`logged` integer NOT NULL,
	`logged_bytes` integer NOT NULL
);
