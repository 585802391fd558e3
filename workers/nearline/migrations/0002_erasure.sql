CREATE TABLE `erasure` (
	`id` integer PRIMARY KEY NOT NULL,
	`erased_at` integer NOT NULL
);
