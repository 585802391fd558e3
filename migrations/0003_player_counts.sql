-- drizzle cannot express WITHOUT ROWID: the tables that are their own index take half the writes.
CREATE TABLE `count_changes` (
	`day` integer NOT NULL,
	`item_id` text NOT NULL,
	`type` text NOT NULL,
	`country` text NOT NULL,
	`players` integer NOT NULL,
	`value` real NOT NULL,
	`weight` real NOT NULL
);
--> statement-breakpoint
CREATE TABLE `daily_counts` (
	`day` integer NOT NULL,
	`item_id` text NOT NULL,
	`type` text NOT NULL,
	`country` text NOT NULL,
	`players` integer NOT NULL,
	`weight` real NOT NULL,
	PRIMARY KEY(`day`, `item_id`, `type`, `country`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `day_totals` (
	`day` integer PRIMARY KEY NOT NULL,
	`players` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `item_ratings` (
	`item_id` text PRIMARY KEY NOT NULL,
	`votes` integer NOT NULL,
	`sum` real NOT NULL
);
--> statement-breakpoint
CREATE TABLE `item_totals` (
	`country` text NOT NULL,
	`item_id` text NOT NULL,
	`popularity` real NOT NULL,
	`before_weight` real NOT NULL,
	PRIMARY KEY(`country`, `item_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `player_days` (
	`day` integer NOT NULL,
	`user_id` text NOT NULL,
	`item_id` text NOT NULL,
	`type` text NOT NULL,
	`last_at` integer NOT NULL,
	`country` text NOT NULL,
	`value` real NOT NULL,
	PRIMARY KEY(`day`, `user_id`, `item_id`, `type`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `player_facts` (
	`user_id` text NOT NULL,
	`item_id` text NOT NULL,
	`type` text NOT NULL,
	`acted_at` integer NOT NULL,
	`retracted_at` integer NOT NULL,
	`country` text NOT NULL,
	`value` real NOT NULL,
	PRIMARY KEY(`user_id`, `item_id`, `type`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `player_resets` (
	`user_id` text PRIMARY KEY NOT NULL,
	`reset_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `roll_up` (
	`id` integer PRIMARY KEY NOT NULL,
	`sequence` integer NOT NULL,
	`counted_from` integer NOT NULL,
	`open_from` integer NOT NULL,
	`totals_day` integer NOT NULL,
	`anchor_day` integer NOT NULL,
	`late_players` integer NOT NULL
);
