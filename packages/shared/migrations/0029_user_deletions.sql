CREATE TABLE "user_deletions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"digest" text NOT NULL,
	"external_id" text,
	"transaction_id" bigint NOT NULL,
	"notifications_to" uuid,
	"events_to" uuid,
	"connections" jsonb NOT NULL,
	"teams" jsonb NOT NULL,
	"erased" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"completed_at" timestamp with time zone,
	CONSTRAINT "user_deletions_external_id" CHECK (("user_deletions"."external_id" is null) = ("user_deletions"."completed_at" is not null)),
	CONSTRAINT "user_deletions_connections" CHECK (jsonb_typeof("user_deletions"."connections") = 'array'),
	CONSTRAINT "user_deletions_teams" CHECK (jsonb_typeof("user_deletions"."teams") = 'object'),
	CONSTRAINT "user_deletions_erased" CHECK (jsonb_typeof("user_deletions"."erased") = 'object')
);
--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "deleted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "user_deletions" ADD CONSTRAINT "user_deletions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "user_deletions_digest" ON "user_deletions" USING btree ("digest");--> statement-breakpoint
CREATE INDEX "user_deletions_user" ON "user_deletions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "user_deletions_running" ON "user_deletions" USING btree ("id") WHERE "user_deletions"."completed_at" is null;