CREATE TABLE "grants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"key" text,
	"status" text NOT NULL,
	"credentials" text,
	"version" integer DEFAULT 1 NOT NULL,
	"expires_at" timestamp with time zone,
	"refresh_after" timestamp with time zone,
	"lease_owner" text,
	"lease_until" timestamp with time zone,
	"fence" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "grants_status" CHECK ("grants"."status" in ('active', 'needsReauth', 'revoked')),
	CONSTRAINT "grants_revoked_has_no_credentials" CHECK (("grants"."status" = 'revoked') = ("grants"."credentials" is null)),
	CONSTRAINT "grants_lease" CHECK (("grants"."lease_owner" is null) = ("grants"."lease_until" is null)),
	CONSTRAINT "grants_version" CHECK ("grants"."version" > 0)
);
--> statement-breakpoint
ALTER TABLE "connections" DROP CONSTRAINT "connections_user_provider";--> statement-breakpoint
ALTER TABLE "connection_events" DROP CONSTRAINT "connection_events_event";--> statement-breakpoint
ALTER TABLE "connections" DROP CONSTRAINT "connections_revoked_has_no_credentials";--> statement-breakpoint
ALTER TABLE "connections" DROP CONSTRAINT "connections_lease";--> statement-breakpoint
ALTER TABLE "connections" DROP CONSTRAINT "connections_version";--> statement-breakpoint
DROP INDEX "connections_team_provider";--> statement-breakpoint
DROP INDEX "connections_expires_at";--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "account_key" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "grant_id" uuid;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "target" text;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "label" text;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "muted" text;--> statement-breakpoint
ALTER TABLE "provider_hosts" ADD COLUMN "is_misconfigured" boolean DEFAULT false NOT NULL;--> statement-breakpoint
-- The id of a connection is part of the seal of its credentials, so its grant has the same id.
INSERT INTO "grants" ("id", "provider", "status", "credentials", "version", "expires_at", "refresh_after", "fence", "created_at", "updated_at")
SELECT "id", "provider", "status", "credentials", "credentials_version", "expires_at", "refresh_after", "fence", "created_at", "updated_at" FROM "connections";--> statement-breakpoint
UPDATE "connections" SET "grant_id" = "id";--> statement-breakpoint
ALTER TABLE "connections" ALTER COLUMN "grant_id" SET NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "grants_provider_key" ON "grants" USING btree ("provider","key") WHERE "grants"."key" is not null;--> statement-breakpoint
CREATE INDEX "grants_expires_at" ON "grants" USING btree ("expires_at") WHERE "grants"."status" = 'active';--> statement-breakpoint
ALTER TABLE "connections" ADD CONSTRAINT "connections_grant_id_grants_id_fk" FOREIGN KEY ("grant_id") REFERENCES "public"."grants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "connections_team_account" ON "connections" USING btree ("team_id","provider","account_key") WHERE "connections"."team_id" is not null;--> statement-breakpoint
CREATE INDEX "connections_grant" ON "connections" USING btree ("grant_id");--> statement-breakpoint
ALTER TABLE "connections" DROP COLUMN "credentials";--> statement-breakpoint
ALTER TABLE "connections" DROP COLUMN "credentials_version";--> statement-breakpoint
ALTER TABLE "connections" DROP COLUMN "expires_at";--> statement-breakpoint
ALTER TABLE "connections" DROP COLUMN "refresh_after";--> statement-breakpoint
ALTER TABLE "connections" DROP COLUMN "lease_owner";--> statement-breakpoint
ALTER TABLE "connections" DROP COLUMN "lease_until";--> statement-breakpoint
ALTER TABLE "connections" DROP COLUMN "fence";--> statement-breakpoint
ALTER TABLE "connections" ADD CONSTRAINT "connections_user_account" UNIQUE("user_id","provider","account_key");--> statement-breakpoint
ALTER TABLE "connection_events" ADD CONSTRAINT "connection_events_event" CHECK ("connection_events"."event" in ('connection.connected', 'connection.reconnected', 'connection.needs_reauth', 'connection.recovered', 'connection.transferred', 'connection.muted', 'connection.unmuted', 'connection.disconnected'));--> statement-breakpoint
ALTER TABLE "connections" ADD CONSTRAINT "connections_revoked_has_no_target" CHECK ("connections"."status" <> 'revoked' or "connections"."target" is null);--> statement-breakpoint
ALTER TABLE "connections" ADD CONSTRAINT "connections_muted" CHECK ("connections"."muted" in ('muted', 'unsubscribed'));