CREATE TABLE `erased_users` (
	`user_hash` text PRIMARY KEY NOT NULL,
	`erased_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `erasure_key` (
	`id` integer PRIMARY KEY NOT NULL,
	`key` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `erasure_stores` (
	`erasure_id` text NOT NULL,
	`store` text NOT NULL,
	`rows` integer,
	`finished_at` integer,
	PRIMARY KEY(`erasure_id`, `store`)
);
--> statement-breakpoint
CREATE TABLE `erasure_users` (
	`erasure_id` text NOT NULL,
	`user_id` text NOT NULL,
	PRIMARY KEY(`erasure_id`, `user_id`)
);
--> statement-breakpoint
CREATE INDEX `erasure_users_user` ON `erasure_users` (`user_id`);--> statement-breakpoint
CREATE TABLE `erasures` (
	`erasure_id` text PRIMARY KEY NOT NULL,
	`user_hash` text NOT NULL,
	`requested_at` integer NOT NULL,
	`finished_at` integer,
	`snapshot` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `erasures_running` ON `erasures` (`user_hash`) WHERE finished_at is null;--> statement-breakpoint
CREATE INDEX `merges_to` ON `merges` (`to_user_id`);