CREATE TABLE "api_keys" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"secret_hash" text NOT NULL,
	"scopes" text[] NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "api_keys_secret_hash" UNIQUE("secret_hash"),
	CONSTRAINT "api_keys_scopes" CHECK (cardinality("api_keys"."scopes") > 0 and "api_keys"."scopes" <@ array['users:write', 'connections:read', 'connections:write', 'connections:import', 'notifications:read', 'notifications:write', 'admin']),
	CONSTRAINT "api_keys_name" CHECK (length("api_keys"."name") between 1 and 200)
);
--> statement-breakpoint
CREATE TABLE "connections" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"provider" text NOT NULL,
	"status" text NOT NULL,
	"status_reason" text,
	"account_id" text NOT NULL,
	"account_name" text NOT NULL,
	"credentials" text,
	"credentials_version" integer DEFAULT 1 NOT NULL,
	"expires_at" timestamp with time zone,
	"limited_until" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "connections_user_provider" UNIQUE("user_id","provider"),
	CONSTRAINT "connections_status" CHECK ("connections"."status" in ('active', 'needsReauth', 'revoked')),
	CONSTRAINT "connections_provider" CHECK ("connections"."provider" ~ '^[a-z][a-z0-9]*$'),
	CONSTRAINT "connections_revoked_has_no_credentials" CHECK (("connections"."status" = 'revoked') = ("connections"."credentials" is null)),
	CONSTRAINT "connections_reason" CHECK (("connections"."status" = 'active') = ("connections"."status_reason" is null)),
	CONSTRAINT "connections_version" CHECK ("connections"."credentials_version" > 0)
);
--> statement-breakpoint
CREATE TABLE "deliveries" (
	"notification_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"provider" text NOT NULL,
	"state" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone,
	"job_id" text,
	"claim_id" uuid,
	"claimed_until" timestamp with time zone,
	"reason" text,
	"receipt" jsonb,
	"history" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "deliveries_notification_id_connection_id_pk" PRIMARY KEY("notification_id","connection_id"),
	CONSTRAINT "deliveries_state" CHECK ("deliveries"."state" in ('queued', 'sending', 'retrying', 'parked', 'sent', 'failed', 'unknown', 'canceled', 'expired', 'skipped')),
	CONSTRAINT "deliveries_due" CHECK (("deliveries"."state" in ('queued', 'retrying')) = ("deliveries"."due_at" is not null)),
	CONSTRAINT "deliveries_claim" CHECK (("deliveries"."state" = 'sending') = ("deliveries"."claim_id" is not null)
    and ("deliveries"."claim_id" is null) = ("deliveries"."claimed_until" is null)),
	CONSTRAINT "deliveries_receipt" CHECK (("deliveries"."state" = 'sent') = ("deliveries"."receipt" is not null)),
	CONSTRAINT "deliveries_reason" CHECK ("deliveries"."state" in ('queued', 'sending', 'sent') or "deliveries"."reason" is not null),
	CONSTRAINT "deliveries_attempts" CHECK ("deliveries"."attempts" >= 0 and ("deliveries"."state" <> 'sent' or "deliveries"."attempts" > 0))
);
--> statement-breakpoint
CREATE TABLE "handshakes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"provider" text NOT NULL,
	"kind" text NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"error" text,
	"return_to" text,
	"state_hash" text,
	"browser_hash" text,
	"claimed_at" timestamp with time zone,
	"connection_id" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "handshakes_state_hash" UNIQUE("state_hash"),
	CONSTRAINT "handshakes_kind" CHECK ("handshakes"."kind" in ('redirect')),
	CONSTRAINT "handshakes_status" CHECK ("handshakes"."status" in ('pending', 'completed', 'failed')),
	CONSTRAINT "handshakes_completed" CHECK (("handshakes"."status" = 'completed') = ("handshakes"."connection_id" is not null)),
	CONSTRAINT "handshakes_failed" CHECK (("handshakes"."status" = 'failed') = ("handshakes"."error" is not null)),
	CONSTRAINT "handshakes_confirmed" CHECK (("handshakes"."state_hash" is null) = ("handshakes"."browser_hash" is null)),
	CONSTRAINT "handshakes_claimed" CHECK ("handshakes"."claimed_at" is null or "handshakes"."state_hash" is not null),
	CONSTRAINT "handshakes_ended" CHECK ("handshakes"."status" = 'pending' or "handshakes"."claimed_at" is not null),
	CONSTRAINT "handshakes_lifetime" CHECK ("handshakes"."expires_at" > "handshakes"."created_at")
);
--> statement-breakpoint
CREATE TABLE "notifications" (
	"id" uuid PRIMARY KEY NOT NULL,
	"origin" text NOT NULL,
	"audience" jsonb NOT NULL,
	"message" jsonb NOT NULL,
	"providers" text[],
	"data" jsonb,
	"unreachable" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"send_at" timestamp with time zone,
	"expires_at" timestamp with time zone,
	"created_by" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "notifications_origin" CHECK ("notifications"."origin" in ('api', 'welcome')),
	CONSTRAINT "notifications_audience" CHECK (jsonb_typeof("notifications"."audience") = 'object'),
	CONSTRAINT "notifications_message" CHECK (coalesce("notifications"."message" ->> 'type', '') in ('note', 'link', 'file')),
	CONSTRAINT "notifications_unreachable" CHECK (jsonb_typeof("notifications"."unreachable") = 'array'),
	CONSTRAINT "notifications_expires_at" CHECK ("notifications"."expires_at" > coalesce("notifications"."send_at", "notifications"."created_at"))
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"external_id" text NOT NULL,
	"display_name" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_external_id" UNIQUE("external_id")
);
--> statement-breakpoint
ALTER TABLE "connections" ADD CONSTRAINT "connections_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_notification_id_notifications_id_fk" FOREIGN KEY ("notification_id") REFERENCES "public"."notifications"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "handshakes" ADD CONSTRAINT "handshakes_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "handshakes" ADD CONSTRAINT "handshakes_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notifications" ADD CONSTRAINT "notifications_created_by_api_keys_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."api_keys"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "deliveries_due" ON "deliveries" USING btree ("due_at") WHERE "deliveries"."state" in ('queued', 'retrying');--> statement-breakpoint
CREATE INDEX "deliveries_claimed" ON "deliveries" USING btree ("claimed_until") WHERE "deliveries"."state" = 'sending';--> statement-breakpoint
CREATE INDEX "deliveries_waiting" ON "deliveries" USING btree ("connection_id") WHERE "deliveries"."state" in ('queued', 'retrying', 'parked');--> statement-breakpoint
CREATE INDEX "handshakes_expires_at" ON "handshakes" USING btree ("expires_at");