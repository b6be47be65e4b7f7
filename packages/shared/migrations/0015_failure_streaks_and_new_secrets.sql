ALTER TABLE "connections" ADD COLUMN "failure_streak" jsonb;--> statement-breakpoint
ALTER TABLE "handshakes" ADD COLUMN "new_secret" text;--> statement-breakpoint
CREATE INDEX "handshakes_with_new_secret" ON "handshakes" USING btree ("expires_at") WHERE "handshakes"."new_secret" is not null;--> statement-breakpoint
ALTER TABLE "handshakes" ADD CONSTRAINT "handshakes_new_secret" CHECK ("handshakes"."status" = 'completed' or "handshakes"."new_secret" is null);