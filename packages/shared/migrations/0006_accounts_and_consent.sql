ALTER TABLE "handshakes" DROP CONSTRAINT "handshakes_confirmed";--> statement-breakpoint
ALTER TABLE "handshakes" DROP CONSTRAINT "handshakes_confirmed_at";--> statement-breakpoint
ALTER TABLE "revocations" ALTER COLUMN "connection_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "handshakes" ADD COLUMN "obtained_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "handshakes" ADD COLUMN "form_hash" text;--> statement-breakpoint
CREATE INDEX "handshakes_obtained" ON "handshakes" USING btree ("expires_at") WHERE "handshakes"."obtained_at" is not null;--> statement-breakpoint
ALTER TABLE "handshakes" ADD CONSTRAINT "handshakes_obtained" CHECK ("handshakes"."obtained_at" is null or ("handshakes"."status" = 'pending' and "handshakes"."pending" is not null));--> statement-breakpoint
ALTER TABLE "handshakes" ADD CONSTRAINT "handshakes_confirmed" CHECK ("handshakes"."state_hash" is null or "handshakes"."browser_hash" is not null);--> statement-breakpoint
ALTER TABLE "handshakes" ADD CONSTRAINT "handshakes_confirmed_at" CHECK (("handshakes"."state_hash" is null) = ("handshakes"."confirmed_at" is null));