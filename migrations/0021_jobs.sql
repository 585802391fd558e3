CREATE TABLE `jobs` (
	`job` text PRIMARY KEY NOT NULL,
	`known_since` integer NOT NULL,
	`succeeded_at` integer,
	`duration_ms` integer,
	`rows` integer,
	`failed_at` integer,
	`error` text,
	`requested_at` integer
);
--> statement-breakpoint
CREATE INDEX `job_runs_job` ON `job_runs` (`job`,`id`);