CREATE TABLE "connection_events" (
	"id" uuid PRIMARY KEY NOT NULL,
	"connection_id" uuid NOT NULL,
	"event" text NOT NULL,
	"reason" text,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "connection_events_event" CHECK ("connection_events"."event" in ('connection.connected', 'connection.reconnected', 'connection.needs_reauth', 'connection.recovered', 'connection.disconnected'))
);
--> statement-breakpoint
CREATE TABLE "registrations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"host" text NOT NULL,
	"client" text,
	"lease_until" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "registrations_provider_host" UNIQUE("provider","host"),
	CONSTRAINT "registrations_client_or_lease" CHECK ("registrations"."client" is not null or "registrations"."lease_until" is not null)
);
--> statement-breakpoint
CREATE TABLE "revocations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"connection_id" uuid NOT NULL,
	"provider" text NOT NULL,
	"credentials" text,
	"state" text DEFAULT 'pending' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone,
	"reason" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "revocations_state" CHECK ("revocations"."state" in ('pending', 'done', 'failed')),
	CONSTRAINT "revocations_pending" CHECK (("revocations"."state" = 'pending') = ("revocations"."credentials" is not null)
    and ("revocations"."state" = 'pending') = ("revocations"."due_at" is not null)),
	CONSTRAINT "revocations_failed" CHECK ("revocations"."state" <> 'failed' or "revocations"."reason" is not null)
);
--> statement-breakpoint
ALTER TABLE "api_keys" DROP CONSTRAINT "api_keys_scopes";--> statement-breakpoint
ALTER TABLE "handshakes" DROP CONSTRAINT "handshakes_kind";--> statement-breakpoint
ALTER TABLE "handshakes" DROP CONSTRAINT "handshakes_claimed";--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "lease_owner" text;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "lease_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "fence" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "handshakes" ADD COLUMN "account" text;--> statement-breakpoint
ALTER TABLE "handshakes" ADD COLUMN "pending" text;--> statement-breakpoint
ALTER TABLE "handshakes" ADD COLUMN "attempts" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "handshakes" ADD COLUMN "ask_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "handshakes" ADD COLUMN "confirmed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "connection_events" ADD CONSTRAINT "connection_events_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "revocations" ADD CONSTRAINT "revocations_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "connection_events_connection" ON "connection_events" USING btree ("connection_id","id");--> statement-breakpoint
CREATE INDEX "revocations_due" ON "revocations" USING btree ("due_at") WHERE "revocations"."state" = 'pending';--> statement-breakpoint
CREATE INDEX "revocations_connection" ON "revocations" USING btree ("connection_id");--> statement-breakpoint
CREATE INDEX "connections_expires_at" ON "connections" USING btree ("expires_at") WHERE "connections"."status" = 'active';--> statement-breakpoint
CREATE INDEX "handshakes_browser" ON "handshakes" USING btree ("browser_hash");--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_scopes" CHECK (cardinality("api_keys"."scopes") > 0 and "api_keys"."scopes" <@ array['users:write', 'connections:read', 'connections:write', 'connections:import', 'connections:proxy', 'notifications:read', 'notifications:write', 'admin']);--> statement-breakpoint
ALTER TABLE "connections" ADD CONSTRAINT "connections_lease" CHECK (("connections"."lease_owner" is null) = ("connections"."lease_until" is null));--> statement-breakpoint
ALTER TABLE "handshakes" ADD CONSTRAINT "handshakes_confirmed_at" CHECK (("handshakes"."browser_hash" is null) = ("handshakes"."confirmed_at" is null));--> statement-breakpoint
ALTER TABLE "handshakes" ADD CONSTRAINT "handshakes_pending" CHECK ("handshakes"."status" = 'pending' or "handshakes"."pending" is null);--> statement-breakpoint
ALTER TABLE "handshakes" ADD CONSTRAINT "handshakes_attempts" CHECK ("handshakes"."attempts" >= 0);--> statement-breakpoint
ALTER TABLE "handshakes" ADD CONSTRAINT "handshakes_kind" CHECK ("handshakes"."kind" in ('redirect', 'verifier', 'code'));--> statement-breakpoint
ALTER TABLE "handshakes" ADD CONSTRAINT "handshakes_claimed" CHECK ("handshakes"."kind" <> 'redirect' or "handshakes"."claimed_at" is null or "handshakes"."state_hash" is not null);