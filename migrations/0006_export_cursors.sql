CREATE TABLE `export_cursors` (
	`table_name` text PRIMARY KEY NOT NULL,
	`row` integer NOT NULL
);
--> statement-breakpoint
INSERT INTO `export_cursors` (`table_name`, `row`) SELECT `name`, `seq` FROM `sqlite_sequence` WHERE `name` = 'events';
