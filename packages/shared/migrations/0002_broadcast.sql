CREATE TABLE "claims" (
	"id" uuid PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"notification_ids" uuid[] NOT NULL,
	"first_id" uuid NOT NULL,
	"last_id" uuid NOT NULL,
	"until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "progress" (
	"notification_id" uuid NOT NULL,
	"provider" text NOT NULL,
	"audience" integer NOT NULL,
	"planned_to" uuid NOT NULL,
	"planned" integer DEFAULT 0 NOT NULL,
	"segments" integer DEFAULT 0 NOT NULL,
	"is_planned" boolean DEFAULT false NOT NULL,
	"queued" integer DEFAULT 0 NOT NULL,
	"sending" integer DEFAULT 0 NOT NULL,
	"retrying" integer DEFAULT 0 NOT NULL,
	"parked" integer DEFAULT 0 NOT NULL,
	"sent" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"unknown" integer DEFAULT 0 NOT NULL,
	"canceled" integer DEFAULT 0 NOT NULL,
	"expired" integer DEFAULT 0 NOT NULL,
	"skipped" integer DEFAULT 0 NOT NULL,
	"version" bigint DEFAULT 0 NOT NULL,
	"recent" integer[] DEFAULT array_fill(0, array[16]) NOT NULL,
	"recent_second" bigint DEFAULT 0 NOT NULL,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	CONSTRAINT "progress_notification_id_provider_pk" PRIMARY KEY("notification_id","provider"),
	CONSTRAINT "progress_counts" CHECK (least("progress"."queued", "progress"."sending", "progress"."retrying", "progress"."parked", "progress"."sent", "progress"."failed",
    "progress"."unknown", "progress"."canceled", "progress"."expired", "progress"."skipped") >= 0)
);
--> statement-breakpoint
CREATE TABLE "provider_hosts" (
	"provider" text NOT NULL,
	"host" text NOT NULL,
	"breaker" text DEFAULT 'closed' NOT NULL,
	"reason" text,
	"opens" integer DEFAULT 0 NOT NULL,
	"opened_at" timestamp with time zone,
	"retry_at" timestamp with time zone,
	"silent_until" timestamp with time zone,
	"next_at" timestamp with time zone,
	"turn_at" timestamp with time zone,
	CONSTRAINT "provider_hosts_provider_host_pk" PRIMARY KEY("provider","host"),
	CONSTRAINT "provider_hosts_breaker" CHECK ("provider_hosts"."breaker" in ('closed', 'open', 'probing')),
	CONSTRAINT "provider_hosts_open" CHECK (("provider_hosts"."breaker" = 'closed') = ("provider_hosts"."retry_at" is null))
);
--> statement-breakpoint
CREATE TABLE "segments" (
	"notification_id" uuid NOT NULL,
	"provider" text NOT NULL,
	"number" integer NOT NULL,
	"after_id" uuid NOT NULL,
	"last_id" uuid NOT NULL,
	"size" integer NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	CONSTRAINT "segments_notification_id_provider_number_pk" PRIMARY KEY("notification_id","provider","number"),
	CONSTRAINT "segments_size" CHECK ("segments"."size" >= 0),
	CONSTRAINT "segments_range" CHECK ("segments"."after_id" < "segments"."last_id")
);
--> statement-breakpoint
ALTER TABLE "api_keys" DROP CONSTRAINT "api_keys_scopes";
--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "host" text DEFAULT '' NOT NULL;
--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "connected_at" timestamp with time zone DEFAULT now() NOT NULL;
--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "disconnected_at" timestamp with time zone;
--> statement-breakpoint
ALTER TABLE "notifications" ADD COLUMN "spread_seconds" integer;
--> statement-breakpoint
ALTER TABLE "notifications" ADD COLUMN "planned_at" timestamp with time zone;
--> statement-breakpoint
ALTER TABLE "notifications" ADD COLUMN "paused_at" timestamp with time zone;
--> statement-breakpoint
ALTER TABLE "notifications" ADD COLUMN "canceled_at" timestamp with time zone;
--> statement-breakpoint
ALTER TABLE "progress" ADD CONSTRAINT "progress_notification_id_notifications_id_fk" FOREIGN KEY ("notification_id") REFERENCES "public"."notifications"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "segments" ADD CONSTRAINT "segments_notification_id_notifications_id_fk" FOREIGN KEY ("notification_id") REFERENCES "public"."notifications"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
CREATE INDEX "claims_until" ON "claims" USING btree ("until");
--> statement-breakpoint
CREATE INDEX "segments_due" ON "segments" USING btree ("due_at");
--> statement-breakpoint
CREATE INDEX "connections_provider_id" ON "connections" USING btree ("provider","id");
--> statement-breakpoint
CREATE INDEX "notifications_unplanned" ON "notifications" USING btree ("id") WHERE "notifications"."planned_at" is null;
--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_scopes" CHECK (cardinality("api_keys"."scopes") > 0 and "api_keys"."scopes" <@ array['users:write', 'connections:read', 'connections:write', 'connections:import', 'connections:proxy', 'notifications:read', 'notifications:write', 'notifications:broadcast', 'admin']);
--> statement-breakpoint
UPDATE "connections" SET "connected_at" = "created_at", "disconnected_at" = case "status" when 'revoked' then "updated_at" end,
	"host" = case "provider" when 'pumpio' then split_part("account_id", '@', 2) else '' end;
--> statement-breakpoint
ALTER TABLE "connections" ADD CONSTRAINT "connections_disconnected" CHECK (("connections"."status" = 'revoked') = ("connections"."disconnected_at" is not null));
--> statement-breakpoint
ALTER TABLE "notifications" ADD CONSTRAINT "notifications_spread" CHECK ("notifications"."spread_seconds" > 0);
--> statement-breakpoint
UPDATE "notifications" SET "planned_at" = "created_at";
--> statement-breakpoint
DROP INDEX "deliveries_due";
--> statement-breakpoint
DROP INDEX "deliveries_claimed";
--> statement-breakpoint
DROP INDEX "deliveries_waiting";
--> statement-breakpoint
ALTER TABLE "deliveries" RENAME TO "deliveries_before";
--> statement-breakpoint
ALTER TABLE "deliveries_before" DROP CONSTRAINT "deliveries_notification_id_connection_id_pk";
--> statement-breakpoint
CREATE TABLE "deliveries" (
	"notification_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"provider" text NOT NULL,
	"state" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone,
	"parked_at" timestamp with time zone,
	"job_id" text,
	"claim_id" uuid,
	"reason" text,
	"receipt" jsonb,
	"history" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "deliveries_notification_id_connection_id_pk" PRIMARY KEY("notification_id","connection_id"),
	CONSTRAINT "deliveries_state" CHECK ("state" in ('queued', 'sending', 'retrying', 'parked', 'sent', 'failed', 'unknown', 'canceled', 'expired', 'skipped')),
	CONSTRAINT "deliveries_due" CHECK (("state" in ('queued', 'retrying')) = ("due_at" is not null)),
	CONSTRAINT "deliveries_parked" CHECK (("state" = 'parked') = ("parked_at" is not null)),
	CONSTRAINT "deliveries_claim" CHECK (("state" = 'sending') = ("claim_id" is not null)),
	CONSTRAINT "deliveries_receipt" CHECK (("state" = 'sent') = ("receipt" is not null)),
	CONSTRAINT "deliveries_reason" CHECK ("state" in ('queued', 'sending', 'sent') or "reason" is not null),
	CONSTRAINT "deliveries_attempts" CHECK ("attempts" >= 0 and ("state" <> 'sent' or "attempts" > 0))
) PARTITION BY RANGE ("notification_id");
--> statement-breakpoint
CREATE INDEX "deliveries_due" ON "deliveries" USING btree ("provider","due_at") WHERE "due_at" is not null;
--> statement-breakpoint
CREATE INDEX "deliveries_waiting" ON "deliveries" USING btree ("connection_id") WHERE "due_at" is not null or "parked_at" is not null;
--> statement-breakpoint
-- The time that a UUIDv7 begins with, and the least UUID of a moment.
CREATE FUNCTION "uuid_time"(id uuid) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	select to_timestamp(('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint / 1000.0)
$$;
--> statement-breakpoint
CREATE FUNCTION "uuid_since"(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	select rpad(lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0'), 32, '0')::uuid
$$;
--> statement-breakpoint
-- Makes the partitions of every week from the one to the other. More than half of each page stays free, so that a delivery is
-- settled where it lies (a HOT update).
CREATE FUNCTION "ensure_delivery_partitions"(since timestamptz, until timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
declare
	week timestamptz := date_trunc('week', since, 'UTC');
	name text;
	made integer := 0;
begin
	while week <= until loop
		name := 'deliveries_' || to_char(week at time zone 'UTC', 'IYYY"w"IW');
		if to_regclass(name) is null then
			-- Attached afterwards: made as a partition at once, it would lock all of deliveries.
			execute format('create table %I (like deliveries including all) with (fillfactor = 35)', name);
			execute format('alter table deliveries attach partition %I for values from (%L) to (%L)',
				name, uuid_since(week), uuid_since(week + interval '7 days'));
			made := made + 1;
		end if;
		week := week + interval '7 days';
	end loop;
	return made;
end $$;
--> statement-breakpoint
SELECT "ensure_delivery_partitions"(coalesce((select min("uuid_time"("id")) from "notifications"), now()), now() + interval '4 weeks');
--> statement-breakpoint
INSERT INTO "deliveries" ("notification_id", "connection_id", "provider", "state", "attempts", "due_at", "parked_at", "job_id", "claim_id", "reason", "receipt", "history", "created_at", "updated_at")
	SELECT "notification_id", "connection_id", "provider", "state", "attempts", "due_at", case "state" when 'parked' then "updated_at" end,
		"job_id", "claim_id", "reason", "receipt", "history", "created_at", "updated_at" FROM "deliveries_before";
--> statement-breakpoint
INSERT INTO "claims" ("id", "provider", "notification_ids", "first_id", "last_id", "until")
	SELECT "claim_id", min("provider"), array_agg(distinct "notification_id"), (array_agg("connection_id" order by "connection_id"))[1],
		(array_agg("connection_id" order by "connection_id" desc))[1], max("claimed_until")
	FROM "deliveries_before" WHERE "claim_id" is not null GROUP BY "claim_id";
--> statement-breakpoint
DROP TABLE "deliveries_before";
--> statement-breakpoint
-- A ring of counts by second: `number` is added to `second`, and what the ring has not seen since `newest` is forgotten.
CREATE FUNCTION "count_recent"(ring integer[], newest bigint, second bigint, number integer) RETURNS integer[] LANGUAGE sql IMMUTABLE AS $$
	select array_agg(case
		when place = second % 16 then number + case when newest = second then ring[place + 1] else 0 end
		when second - (second - place + 16) % 16 > newest then 0
		else ring[place + 1] end order by place)
	from generate_series(0, 15) as place
$$;
--> statement-breakpoint
-- Broadcasts have a row of progress for each provider; other notifications are counted when they are asked for.
CREATE FUNCTION "track_progress"() RETURNS trigger LANGUAGE plpgsql AS $$
declare
	this_second bigint := extract(epoch from clock_timestamp());
	deltas jsonb;
begin
	if tg_op = 'INSERT' then
		select jsonb_agg(delta) into deltas from (
			select notification_id, provider, rows.state, count(*) as number
			from new_rows as rows join progress using (notification_id, provider)
			group by notification_id, provider, rows.state
		) as delta;
	else
		select jsonb_agg(delta) into deltas from (
			select notification_id, provider, rows.state, sum(rows.number) as number
			from (
				select notification_id, provider, state, 1 as number from new_rows
				union all
				select notification_id, provider, state, -1 from old_rows
			) as rows join progress using (notification_id, provider)
			group by notification_id, provider, rows.state
			having sum(rows.number) <> 0
		) as delta;
	end if;
	if deltas is null then return null; end if;

	-- In one order, so that two statements never wait for each other.
	perform from progress
	where (notification_id, provider) in (
		select notification_id, provider from jsonb_to_recordset(deltas) as delta (notification_id uuid, provider text))
	order by notification_id, provider for update;

	update progress set
		queued = progress.queued + delta.queued, sending = progress.sending + delta.sending,
		retrying = progress.retrying + delta.retrying, parked = progress.parked + delta.parked,
		sent = progress.sent + delta.sent, failed = progress.failed + delta.failed, unknown = progress.unknown + delta.unknown,
		canceled = progress.canceled + delta.canceled, expired = progress.expired + delta.expired,
		skipped = progress.skipped + delta.skipped,
		version = version + 1,
		recent = count_recent(recent, recent_second, this_second, delta.ended::integer),
		recent_second = this_second,
		started_at = coalesce(started_at, now()),
		ended_at = case when is_planned
			and progress.queued + delta.queued + progress.sending + delta.sending + progress.retrying + delta.retrying = 0 then now() end
	from (
		select notification_id, provider,
			coalesce(sum(number) filter (where state = 'queued'), 0) as queued,
			coalesce(sum(number) filter (where state = 'sending'), 0) as sending,
			coalesce(sum(number) filter (where state = 'retrying'), 0) as retrying,
			coalesce(sum(number) filter (where state = 'parked'), 0) as parked,
			coalesce(sum(number) filter (where state = 'sent'), 0) as sent,
			coalesce(sum(number) filter (where state = 'failed'), 0) as failed,
			coalesce(sum(number) filter (where state = 'unknown'), 0) as unknown,
			coalesce(sum(number) filter (where state = 'canceled'), 0) as canceled,
			coalesce(sum(number) filter (where state = 'expired'), 0) as expired,
			coalesce(sum(number) filter (where state = 'skipped'), 0) as skipped,
			greatest(0, coalesce(sum(number) filter (where state not in ('queued', 'sending', 'retrying')), 0)) as ended
		from jsonb_to_recordset(deltas) as changed (notification_id uuid, provider text, state text, number integer)
		group by notification_id, provider
	) as delta
	where progress.notification_id = delta.notification_id and progress.provider = delta.provider;
	return null;
end $$;
--> statement-breakpoint
CREATE TRIGGER "deliveries_inserted" AFTER INSERT ON "deliveries"
	REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "track_progress"();
--> statement-breakpoint
CREATE TRIGGER "deliveries_updated" AFTER UPDATE ON "deliveries"
	REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "track_progress"();
