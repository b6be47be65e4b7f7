CREATE TABLE "ad_accounts" (
	"connection_id" uuid NOT NULL,
	"account_id" text NOT NULL,
	"name" text NOT NULL,
	"currency" text NOT NULL,
	"timezone" text NOT NULL,
	"listed_at" timestamp with time zone NOT NULL,
	"pulled_at" timestamp with time zone,
	"pulled_to" date,
	"limited_until" timestamp with time zone,
	CONSTRAINT "ad_accounts_connection_id_account_id_pk" PRIMARY KEY("connection_id","account_id")
);
--> statement-breakpoint
CREATE TABLE "insights" (
	"connection_id" uuid NOT NULL,
	"account_id" text NOT NULL,
	"day" date NOT NULL,
	"impressions" numeric NOT NULL,
	"clicks" numeric NOT NULL,
	"spend" numeric NOT NULL,
	"fetched_at" timestamp with time zone NOT NULL,
	CONSTRAINT "insights_connection_id_day_account_id_pk" PRIMARY KEY("connection_id","day","account_id")
);
--> statement-breakpoint
CREATE TABLE "notices" (
	"id" uuid PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"kind" text NOT NULL,
	"digest" text NOT NULL,
	"code" text NOT NULL,
	"closed" integer NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "notices_code" UNIQUE("code"),
	CONSTRAINT "notices_digest" UNIQUE("provider","kind","digest"),
	CONSTRAINT "notices_kind" CHECK ("notices"."kind" in ('deauthorize', 'delete'))
);
--> statement-breakpoint
CREATE TABLE "pulls" (
	"connection_id" uuid PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"lease_id" uuid,
	"lease_until" timestamp with time zone,
	"round_at" timestamp with time zone,
	"listed_at" timestamp with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"succeeded_at" timestamp with time zone,
	"reason" text,
	"failed_at" timestamp with time zone,
	"failure" text,
	CONSTRAINT "pulls_state" CHECK ("pulls"."state" in ('waiting', 'running')),
	CONSTRAINT "pulls_lease" CHECK (("pulls"."state" = 'running') = ("pulls"."lease_id" is not null) and ("pulls"."lease_id" is null) = ("pulls"."lease_until" is null)),
	CONSTRAINT "pulls_failure" CHECK (("pulls"."failed_at" is null) = ("pulls"."failure" is null))
);
--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "missing_permissions" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "revocations" ADD COLUMN "account_id" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "ad_accounts" ADD CONSTRAINT "ad_accounts_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "insights" ADD CONSTRAINT "insights_account" FOREIGN KEY ("connection_id","account_id") REFERENCES "public"."ad_accounts"("connection_id","account_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pulls" ADD CONSTRAINT "pulls_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "ad_accounts_account" ON "ad_accounts" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "pulls_due" ON "pulls" USING btree ("provider","due_at");--> statement-breakpoint
CREATE INDEX "connections_account" ON "connections" USING btree ("provider","account_id");