CREATE TABLE `dead_letters` (
	`id` text PRIMARY KEY NOT NULL,
	`body` text NOT NULL,
	`reason` text NOT NULL,
	`received_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `events` (
	`sequence` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` text NOT NULL,
	`id` text NOT NULL,
	`type` text NOT NULL,
	`item_id` text,
	`value` real,
	`query` text,
	`timestamp` integer NOT NULL,
	`received_at` integer NOT NULL,
	`recommendation_id` text,
	`position` integer,
	`platform` text,
	`country` text,
	`locale` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `events_user_id` ON `events` (`user_id`,`id`);--> statement-breakpoint
CREATE TABLE `imports` (
	`id` text PRIMARY KEY NOT NULL,
	`started_at` integer NOT NULL,
	`lines_done` integer NOT NULL,
	`finished_at` integer
);
--> statement-breakpoint
CREATE TABLE `items` (
	`item_id` text PRIMARY KEY NOT NULL,
	`title` text NOT NULL,
	`genres` text NOT NULL,
	`tags` text NOT NULL,
	`developer` text,
	`release_date` text,
	`price` real,
	`age_rating` integer,
	`platforms` text NOT NULL,
	`cover_url` text,
	`hidden` integer NOT NULL,
	`deleted_at` integer,
	`revision` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `items_revision` ON `items` (`revision`);--> statement-breakpoint
CREATE TABLE `job_runs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`job` text NOT NULL,
	`cron` text NOT NULL,
	`started_at` integer NOT NULL,
	`duration_ms` integer,
	`rows` integer,
	`outcome` text NOT NULL,
	`error` text
);
--> statement-breakpoint
CREATE INDEX `job_runs_started` ON `job_runs` (`started_at`);--> statement-breakpoint
CREATE TABLE `users` (
	`user_id` text PRIMARY KEY NOT NULL,
	`last_event_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `users_last_event` ON `users` (`last_event_at`);