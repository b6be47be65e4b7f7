ALTER TABLE "notices" ADD COLUMN "request_id" text;--> statement-breakpoint
ALTER TABLE "notifications" ADD COLUMN "request_id" text;--> statement-breakpoint
ALTER TABLE "pulls" ADD COLUMN "request_id" text;--> statement-breakpoint
ALTER TABLE "revocations" ADD COLUMN "request_id" text;