CREATE TABLE `published_catalogues` (
	`key` text PRIMARY KEY NOT NULL,
	`published_at` integer NOT NULL
);
