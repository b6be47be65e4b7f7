DROP INDEX "claims_until";
--> statement-breakpoint
ALTER TABLE "notifications" ADD COLUMN "on_unknown" text DEFAULT 'hold' NOT NULL;
--> statement-breakpoint
ALTER TABLE "notifications" ADD CONSTRAINT "notifications_on_unknown" CHECK ("notifications"."on_unknown" in ('resend', 'hold'));
--> statement-breakpoint
-- As before, but that rows which are deleted count no more, and that the end, once it was reached, stays where it was.
CREATE OR REPLACE FUNCTION "track_progress"() RETURNS trigger LANGUAGE plpgsql AS $$
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
	elsif tg_op = 'DELETE' then
		select jsonb_agg(delta) into deltas from (
			select notification_id, provider, rows.state, -count(*) as number
			from old_rows as rows join progress using (notification_id, provider)
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
		ended_at = case
			-- what had failed is tried again
			when delta.failed + delta.unknown < 0 and progress.queued + delta.queued > 0 then null
			-- one whose user comes back after the end does not move it
			when ended_at is not null then ended_at
			when is_planned and progress.queued + delta.queued + progress.sending + delta.sending + progress.retrying + delta.retrying = 0 then now() end
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
CREATE TRIGGER "deliveries_deleted" AFTER DELETE ON "deliveries"
	REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION "track_progress"();
