CREATE TABLE `audit_log` (
	`entry_id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`key_id` text NOT NULL,
	`method` text NOT NULL,
	`path` text NOT NULL,
	`ids` text NOT NULL,
	`status` integer,
	`before` text,
	`after` text
);
--> statement-breakpoint
CREATE TABLE `keys` (
	`key_id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`hash` text NOT NULL,
	`scopes` text NOT NULL,
	`origins` text,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`expires_at` integer
);
