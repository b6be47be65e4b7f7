ALTER TABLE "handshakes" DROP CONSTRAINT "handshakes_claimed";--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "token_generation" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "handshakes" ADD CONSTRAINT "handshakes_claimed" CHECK ("handshakes"."kind" <> 'redirect' or "handshakes"."claimed_at" is null or "handshakes"."state_hash" is not null or "handshakes"."status" = 'failed');--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_token_generation" CHECK ("users"."token_generation" >= 0);