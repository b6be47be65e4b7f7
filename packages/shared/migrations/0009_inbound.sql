ALTER TABLE "notices" DROP CONSTRAINT "notices_kind";--> statement-breakpoint
ALTER TABLE "notices" ALTER COLUMN "closed" SET DEFAULT 0;--> statement-breakpoint
ALTER TABLE "notices" ADD COLUMN "events" text;--> statement-breakpoint
ALTER TABLE "notices" ADD COLUMN "handle_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "notices_handle_at" ON "notices" USING btree ("handle_at") WHERE "notices"."handle_at" is not null;--> statement-breakpoint
CREATE INDEX "notices_at" ON "notices" USING btree ("at") WHERE "notices"."kind" <> 'delete';--> statement-breakpoint
ALTER TABLE "notices" ADD CONSTRAINT "notices_events" CHECK (("notices"."events" is null) = ("notices"."handle_at" is null));--> statement-breakpoint
ALTER TABLE "notices" ADD CONSTRAINT "notices_kind" CHECK ("notices"."kind" in ('deauthorize', 'delete', 'linkOpened', 'targetGone', 'grantRevoked', 'unsubscribed'));