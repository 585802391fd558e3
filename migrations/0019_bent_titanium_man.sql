ALTER TABLE `dead_letters` ADD `queue` text DEFAULT 'events' NOT NULL;--> statement-breakpoint
ALTER TABLE `dead_letters` ADD `replayed_at` integer;--> statement-breakpoint
CREATE INDEX `dead_letters_received` ON `dead_letters` (`received_at`,`id`);