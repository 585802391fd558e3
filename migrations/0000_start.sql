CREATE TABLE `announced_releases` (
	`release` text PRIMARY KEY NOT NULL,
	`announced_at` integer NOT NULL
);
--> statement-breakpoint
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
	`currency` text,
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
CREATE TABLE `slates` (
	`recommendation_id` text PRIMARY KEY NOT NULL,
	`shown_at` integer NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `slates_shown` ON `slates` (`shown_at`);--> statement-breakpoint
CREATE TABLE `subscriptions` (
	`subscription_id` text PRIMARY KEY NOT NULL,
	`url` text NOT NULL,
	`events` text NOT NULL,
	`secret` text NOT NULL,
	`created_at` integer NOT NULL,
	`delivered_at` integer,
	`outcome` text,
	`failures` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `users` (
	`user_id` text PRIMARY KEY NOT NULL,
	`last_event_at` integer NOT NULL,
	`preferences` text
);
--> statement-breakpoint
CREATE INDEX `users_last_event` ON `users` (`last_event_at`);
--> statement-breakpoint
-- Full-text search over the catalogue, kept in step by triggers; drizzle cannot generate virtual tables. Its rowids are those
-- of items; the query leaves out hidden and deleted items.
CREATE VIRTUAL TABLE items_search USING fts5(title, labels, developer, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3 4');
--> statement-breakpoint
CREATE TRIGGER items_search_insert AFTER INSERT ON items BEGIN
  INSERT INTO items_search (rowid, title, labels, developer)
  SELECT new.rowid, new.title, (SELECT group_concat(value, ' ') FROM (SELECT value FROM json_each(new.genres) UNION SELECT value FROM json_each(new.tags))), new.developer;
END;
--> statement-breakpoint
CREATE TRIGGER items_search_update AFTER UPDATE OF title, genres, tags, developer ON items BEGIN
  DELETE FROM items_search WHERE rowid = old.rowid;
  INSERT INTO items_search (rowid, title, labels, developer)
  SELECT new.rowid, new.title, (SELECT group_concat(value, ' ') FROM (SELECT value FROM json_each(new.genres) UNION SELECT value FROM json_each(new.tags))), new.developer;
END;
