ALTER TABLE "handshakes" DROP CONSTRAINT "handshakes_kind";--> statement-breakpoint
ALTER TABLE "handshakes" ADD COLUMN "codes_sent" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "handshakes" ADD COLUMN "resend_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "handshakes" ADD CONSTRAINT "handshakes_codes_sent" CHECK ("handshakes"."codes_sent" >= 0 and ("handshakes"."kind" = 'confirm' or "handshakes"."codes_sent" = 0));--> statement-breakpoint
ALTER TABLE "handshakes" ADD CONSTRAINT "handshakes_kind" CHECK ("handshakes"."kind" in ('redirect', 'verifier', 'code', 'confirm', 'paste', 'link', 'subscribe'));