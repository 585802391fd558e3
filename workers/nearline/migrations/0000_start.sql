CREATE TABLE `documents` (
	`kind` text PRIMARY KEY NOT NULL,
	`body` text NOT NULL
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
	`id` text PRIMARY KEY NOT NULL,
	`type` text NOT NULL,
	`item_id` text,
	`value` real,
	`query` text,
	`timestamp` integer NOT NULL
);
