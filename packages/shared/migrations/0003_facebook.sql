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
ALTER TABLE "connections" ADD COLUMN "missing_permissions" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "revocations" ADD COLUMN "account_id" text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX "connections_account" ON "connections" USING btree ("provider","account_id");