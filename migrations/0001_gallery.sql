CREATE TABLE `answer_counts` (
	`hour` integer NOT NULL,
	`route` text NOT NULL,
	`tier` text NOT NULL,
	`release` text NOT NULL,
	`count` integer NOT NULL,
	`degraded` integer NOT NULL,
	PRIMARY KEY(`hour`, `route`, `tier`, `release`)
);
--> statement-breakpoint
CREATE TABLE `batch_galleries` (
	`user_id` text PRIMARY KEY NOT NULL,
	`body` text NOT NULL,
	`computed_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `batch_galleries_computed` ON `batch_galleries` (`computed_at`);--> statement-breakpoint
CREATE TABLE `merges` (
	`from_user_id` text PRIMARY KEY NOT NULL,
	`to_user_id` text NOT NULL,
	`merged_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `rules` (
	`rule_id` text PRIMARY KEY NOT NULL,
	`body` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `rules_state` (
	`id` integer PRIMARY KEY NOT NULL,
	`revision` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `users` ADD `preferences` text;