CREATE TABLE `slates` (
	`recommendation_id` text PRIMARY KEY NOT NULL,
	`shown_at` integer NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `slates_shown` ON `slates` (`shown_at`);