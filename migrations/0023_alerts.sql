CREATE TABLE `alert_rules` (
	`rule_id` text PRIMARY KEY NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `alerts` (
	`alert_id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`rule_id` text NOT NULL,
	`measure` text NOT NULL,
	`severity` text NOT NULL,
	`value` real NOT NULL,
	`threshold` real NOT NULL,
	`since` integer NOT NULL,
	`raised_at` integer,
	`resolved_at` integer,
	`acknowledged_at` integer,
	`acknowledged_by` text,
	`told` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `alerts_open` ON `alerts` (`rule_id`) WHERE resolved_at is null;--> statement-breakpoint
CREATE INDEX `alerts_untold` ON `alerts` (`told`) WHERE told < 2;--> statement-breakpoint
CREATE INDEX `unlogged_users_oldest` ON `unlogged_users` (`oldest_at`);