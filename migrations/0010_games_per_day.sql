CREATE TABLE `changed_facts` (
	`user_id` text NOT NULL,
	`type` text NOT NULL,
	`day` integer NOT NULL,
	PRIMARY KEY(`user_id`, `type`, `day`)
);
--> statement-breakpoint
ALTER TABLE `roll_up` ADD `games_per_day` integer DEFAULT 2147483647 NOT NULL;