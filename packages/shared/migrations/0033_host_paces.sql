CREATE TABLE "host_paces" (
	"provider" text NOT NULL,
	"host" text NOT NULL,
	"sent" integer NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"silent_until" timestamp with time zone NOT NULL,
	"per_second" double precision,
	"next_at" timestamp with time zone NOT NULL,
	"turn_at" timestamp with time zone NOT NULL,
	"learned_at" timestamp with time zone NOT NULL,
	CONSTRAINT "host_paces_provider_host_pk" PRIMARY KEY("provider","host")
);
