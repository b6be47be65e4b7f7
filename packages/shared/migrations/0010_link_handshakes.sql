ALTER TABLE "handshakes" DROP CONSTRAINT "handshakes_kind";--> statement-breakpoint
ALTER TABLE "handshakes" DROP CONSTRAINT "handshakes_confirmed";--> statement-breakpoint
ALTER TABLE "handshakes" DROP CONSTRAINT "handshakes_confirmed_at";--> statement-breakpoint
ALTER TABLE "handshakes" ADD CONSTRAINT "handshakes_kind" CHECK ("handshakes"."kind" in ('redirect', 'verifier', 'code', 'link'));--> statement-breakpoint
ALTER TABLE "handshakes" ADD CONSTRAINT "handshakes_confirmed" CHECK ("handshakes"."kind" = 'link' or "handshakes"."state_hash" is null or "handshakes"."browser_hash" is not null);--> statement-breakpoint
ALTER TABLE "handshakes" ADD CONSTRAINT "handshakes_confirmed_at" CHECK ("handshakes"."kind" = 'link' or ("handshakes"."state_hash" is null) = ("handshakes"."confirmed_at" is null));