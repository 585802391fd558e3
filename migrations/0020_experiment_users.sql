CREATE TABLE `experiment_cursors` (
	`shard` integer PRIMARY KEY NOT NULL,
	`row` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `experiment_days` (
	`experiment_id` text NOT NULL,
	`day` integer NOT NULL,
	`tally` text NOT NULL,
	PRIMARY KEY(`experiment_id`, `day`)
);
--> statement-breakpoint
CREATE TABLE `experiment_pages` (
	`id` integer PRIMARY KEY NOT NULL,
	`page` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `experiment_shadows` (
	`experiment_id` text NOT NULL,
	`variant` text NOT NULL,
	`answers` integer NOT NULL,
	`failed` integer NOT NULL,
	`overlap` real NOT NULL,
	`valued` integer NOT NULL,
	`shown_value` real NOT NULL,
	`shadow_value` real NOT NULL,
	PRIMARY KEY(`experiment_id`, `variant`)
);
--> statement-breakpoint
CREATE TABLE `experiment_users` (
	`experiment_id` text NOT NULL,
	`user_id` text NOT NULL,
	`totals` text NOT NULL,
	PRIMARY KEY(`user_id`, `experiment_id`)
);
--> statement-breakpoint
CREATE TABLE `exposures` (
	`row` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`experiment_id` text NOT NULL,
	`user_id` text NOT NULL,
	`body` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `interleaved_rows` (
	`recommendation_id` text PRIMARY KEY NOT NULL,
	`experiment_id` text NOT NULL,
	`teams` text NOT NULL,
	`at` integer NOT NULL
);
