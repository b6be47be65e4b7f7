CREATE TABLE "inbound_polls" (
	"provider" text PRIMARY KEY NOT NULL,
	"lease_owner" text,
	"lease_until" timestamp with time zone,
	"cursor" text,
	CONSTRAINT "inbound_polls_lease" CHECK (("inbound_polls"."lease_owner" is null) = ("inbound_polls"."lease_until" is null))
);
--> statement-breakpoint
ALTER TABLE "notices" DROP CONSTRAINT "notices_kind";--> statement-breakpoint
ALTER TABLE "notices" ADD CONSTRAINT "notices_kind" CHECK ("notices"."kind" in ('deauthorize', 'delete', 'linkOpened', 'targetGone', 'targetReturned', 'grantRevoked', 'unsubscribed'));