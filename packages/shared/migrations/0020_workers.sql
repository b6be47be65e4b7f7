CREATE TABLE "workers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"version" text NOT NULL,
	"host" text NOT NULL,
	"pid" integer NOT NULL,
	"providers" text[] NOT NULL,
	"running_jobs" integer NOT NULL,
	"clock_ahead_ms" double precision,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "workers_running_jobs" CHECK ("workers"."running_jobs" >= 0)
);
