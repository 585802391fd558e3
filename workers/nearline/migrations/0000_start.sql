CREATE TABLE `documents` (
	`kind` text PRIMARY KEY NOT NULL,
	`body` text NOT NULL,
	`written_at` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE `erasure` (
	`id` integer PRIMARY KEY NOT NULL,
	`erased_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `hydration` (
	`id` integer PRIMARY KEY NOT NULL,
	`hydrated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `marks` (
	`item_id` text NOT NULL,
	`kind` text NOT NULL,
	`timestamp` integer NOT NULL,
	PRIMARY KEY(`item_id`, `kind`)
);
--> statement-breakpoint
CREATE TABLE `recent_events` (
	`row` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`type` text NOT NULL,
	`item_id` text,
	`value` real,
	`query` text,
	`timestamp` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `unlogged` (
	`row` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`body` text NOT NULL,
	`received_at` integer NOT NULL,
	`resends` integer NOT NULL,
	`shard` integer NOT NULL
);
