CREATE TABLE `event_counts` (
	`hour` integer NOT NULL,
	`kind` text NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`hour`, `kind`)
);
--> statement-breakpoint
CREATE TABLE `leases` (
	`name` text PRIMARY KEY NOT NULL,
	`holder` text NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `unlogged_users` (
	`user_id` text PRIMARY KEY NOT NULL,
	`oldest_at` integer NOT NULL,
	`events` integer NOT NULL
);
