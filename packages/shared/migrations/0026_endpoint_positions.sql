ALTER TABLE "endpoints" ADD COLUMN "after_position" bigint DEFAULT 0 NOT NULL;
--> statement-breakpoint
-- Disabled endpoints receive nothing, so nothing is recorded for them.
DELETE FROM "event_requests" WHERE "source" IN (SELECT "id"::text FROM "endpoints" WHERE "disabled_at" IS NOT NULL);
--> statement-breakpoint
-- The check under the lock begins with the last connection too, as the first one does. From the other end it would read all
-- deliveries that have ended, while other transactions wait for the lock.
CREATE OR REPLACE FUNCTION "complete_notifications"(ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
declare
	completed uuid[];
	waiting uuid[];
begin
	select array_agg(id) filter (where pending is null), array_agg(id) filter (where pending is not null) into completed, waiting
	from unnest(ids) as id left join lateral (
		-- Workers send in the order of connections, so the last one is usually pending.
		select true as pending from deliveries
		where notification_id = id and state in ('queued', 'sending', 'retrying', 'parked') order by connection_id desc limit 1
	) as rest on true
	where not exists (select from progress where notification_id = id);

	if waiting is not null then
		-- Another transaction may end the other deliveries, and neither sees the changes of the other. With the lock, the later one
		-- does. Only this lock and `complete_broadcast` follow the locks of rows, and the number of locks is limited.
		perform pg_advisory_xact_lock(7283913, bucket) from (
			select distinct hashtext(id::text) & 63 as bucket from unnest(waiting) as id order by 1
		) as buckets;
		completed := completed || array(
			select id from unnest(waiting) as id
			where (
				select true from deliveries
				where notification_id = id and state in ('queued', 'sending', 'retrying', 'parked') order by connection_id desc limit 1
			) is null);
	end if;

	insert into events (type, notification_id, data)
	select 'notification.completed', notifications.id, jsonb_build_object(
		'status', case when canceled_at is null then 'completed' else 'canceled' end, 'counts', counted.counts)
	from unnest(completed) as id join notifications using (id)
	cross join lateral (
		select coalesce(jsonb_object_agg(state, number), '{}') as counts from (
			select state, count(*) as number from deliveries where notification_id = notifications.id group by state
		) as by_state
	) as counted
	order by notifications.id;
end $$;
