CREATE TABLE `counted_batches` (
	`counted_at` integer PRIMARY KEY NOT NULL,
	`ids` text NOT NULL
);
