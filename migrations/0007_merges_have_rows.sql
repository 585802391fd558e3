ALTER TABLE `imports` RENAME COLUMN `lines_done` TO `rows_done`;--> statement-breakpoint
CREATE TABLE `__new_merges` (
	`row` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`from_user_id` text NOT NULL,
	`to_user_id` text NOT NULL,
	`merged_at` integer NOT NULL
);
--> statement-breakpoint
INSERT INTO `__new_merges`("row", "from_user_id", "to_user_id", "merged_at") SELECT rowid, "from_user_id", "to_user_id", "merged_at" FROM `merges` ORDER BY rowid;--> statement-breakpoint
INSERT INTO `export_cursors` (`table_name`, `row`) SELECT 'merges', max("row") FROM `__new_merges` WHERE true HAVING max("row") IS NOT NULL;--> statement-breakpoint
DROP TABLE `merges`;--> statement-breakpoint
ALTER TABLE `__new_merges` RENAME TO `merges`;--> statement-breakpoint
CREATE UNIQUE INDEX `merges_from` ON `merges` (`from_user_id`);--> statement-breakpoint
CREATE INDEX `merges_to` ON `merges` (`to_user_id`);
