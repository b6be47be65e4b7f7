CREATE TABLE "endpoint_attempts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"event_id" uuid NOT NULL,
	"event_type" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"duration_ms" integer NOT NULL,
	"status" integer,
	"error" text,
	CONSTRAINT "endpoint_attempts_result" CHECK ("endpoint_attempts"."error" is not null or "endpoint_attempts"."status" between 200 and 299)
);
--> statement-breakpoint
CREATE TABLE "endpoint_deliveries" (
	"event_id" uuid NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"state" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone,
	"lease_id" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "endpoint_deliveries_endpoint_id_event_id_pk" PRIMARY KEY("endpoint_id","event_id"),
	CONSTRAINT "endpoint_deliveries_state" CHECK ("endpoint_deliveries"."state" in ('pending', 'sending', 'succeeded', 'failed', 'canceled')),
	CONSTRAINT "endpoint_deliveries_next" CHECK (("endpoint_deliveries"."next_attempt_at" is not null) = ("endpoint_deliveries"."state" in ('pending', 'sending'))),
	CONSTRAINT "endpoint_deliveries_lease" CHECK (("endpoint_deliveries"."lease_id" is not null) = ("endpoint_deliveries"."state" = 'sending')),
	CONSTRAINT "endpoint_deliveries_attempts" CHECK ("endpoint_deliveries"."attempts" >= 0)
);
--> statement-breakpoint
CREATE TABLE "endpoints" (
	"id" uuid PRIMARY KEY NOT NULL,
	"url" text NOT NULL,
	"description" text,
	"events" text[] NOT NULL,
	"secrets" text NOT NULL,
	"disabled_at" timestamp with time zone,
	"disabled_reason" text,
	"failing_since" timestamp with time zone,
	"failure" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "endpoints_url" CHECK (length("endpoints"."url") between 1 and 2048),
	CONSTRAINT "endpoints_description" CHECK (length("endpoints"."description") between 1 and 200),
	CONSTRAINT "endpoints_events" CHECK (cardinality("endpoints"."events") > 0),
	CONSTRAINT "endpoints_disabled" CHECK (("endpoints"."disabled_at" is null) = ("endpoints"."disabled_reason" is null)),
	CONSTRAINT "endpoints_disabled_reason" CHECK ("endpoints"."disabled_reason" in ('operator', 'gone', 'failing')),
	CONSTRAINT "endpoints_failure" CHECK (("endpoints"."failing_since" is null) = ("endpoints"."failure" is null))
);
--> statement-breakpoint
ALTER TABLE "api_keys" DROP CONSTRAINT "api_keys_scopes";--> statement-breakpoint
ALTER TABLE "endpoint_attempts" ADD CONSTRAINT "endpoint_attempts_endpoint_id_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."endpoints"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "endpoint_deliveries" ADD CONSTRAINT "endpoint_deliveries_endpoint_id_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."endpoints"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "endpoint_attempts_endpoint" ON "endpoint_attempts" USING btree ("endpoint_id","id");--> statement-breakpoint
CREATE INDEX "endpoint_attempts_event" ON "endpoint_attempts" USING btree ("event_id");--> statement-breakpoint
CREATE INDEX "endpoint_deliveries_due" ON "endpoint_deliveries" USING btree ("endpoint_id","next_attempt_at") WHERE "endpoint_deliveries"."next_attempt_at" is not null;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_scopes" CHECK (cardinality("api_keys"."scopes") > 0 and "api_keys"."scopes" <@ array['users:write', 'teams:write', 'connections:read', 'connections:write', 'connections:import', 'connections:proxy', 'notifications:read', 'notifications:write', 'notifications:broadcast', 'endpoints:write', 'admin']);