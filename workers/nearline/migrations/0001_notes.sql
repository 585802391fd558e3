CREATE TABLE `notes` (
	`kind` text PRIMARY KEY NOT NULL,
	`body` text NOT NULL
);
