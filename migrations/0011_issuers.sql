CREATE TABLE `issuers` (
	`issuer_id` text PRIMARY KEY NOT NULL,
	`issuer` text NOT NULL,
	`jwks_url` text NOT NULL,
	`audience` text NOT NULL,
	`claim` text NOT NULL,
	`prefix` text NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`jwks` text NOT NULL,
	`keys_read_at` integer NOT NULL,
	`keys_tried_at` integer NOT NULL,
	`keys_failure` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `issuers_audience` ON `issuers` (`issuer`,`audience`);