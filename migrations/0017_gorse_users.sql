CREATE TABLE `gorse_users` (
	`user_id` text PRIMARY KEY NOT NULL,
	`labels` text,
	`subscribe` text,
	`comment` text NOT NULL,
	`written_at` integer NOT NULL
);
