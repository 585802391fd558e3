-- drizzle cannot express WITHOUT ROWID: the tables are their own indexes. Only counts of logged events stay.
CREATE TABLE `acted_items` (
	`day` integer NOT NULL,
	`act` text NOT NULL,
	`item_id` text NOT NULL,
	PRIMARY KEY(`day`, `act`, `item_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `metric_counts` (
	`hour` integer NOT NULL,
	`metric` text NOT NULL,
	`breakdown` text NOT NULL,
	`label_values` text NOT NULL,
	`amount` real NOT NULL,
	PRIMARY KEY(`hour`, `metric`, `breakdown`, `label_values`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `metric_cursors` (
	`name` text PRIMARY KEY NOT NULL,
	`position` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `shown_answers` (
	`answer` integer PRIMARY KEY NOT NULL,
	`shown_at` integer NOT NULL,
	`release` text,
	`country` text,
	`platform` text,
	`variants` text NOT NULL,
	`rows` text NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
DROP TABLE `answer_counts`;--> statement-breakpoint
PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_event_counts` (
	`hour` integer PRIMARY KEY NOT NULL,
	`count` integer NOT NULL
);
--> statement-breakpoint
INSERT INTO `__new_event_counts`("hour", "count") SELECT "hour", "count" FROM `event_counts` WHERE "kind" = 'logged';--> statement-breakpoint
DROP TABLE `event_counts`;--> statement-breakpoint
ALTER TABLE `__new_event_counts` RENAME TO `event_counts`;--> statement-breakpoint
PRAGMA foreign_keys=ON;