-- Publishes which of these notifications, which are not broadcasts, are completed. Each has a delivery that ended in this
-- statement, so it was not completed before. Planning cost more than execution, because PostgreSQL planned the partitions of
-- deliveries in each call. A generic plan is good here if it uses the primary keys, also when it was made for empty tables.
CREATE OR REPLACE FUNCTION "complete_notifications"(ids uuid[]) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
declare
	completed uuid[];
	waiting uuid[];
begin
	select array_agg(id) filter (where pending is null), array_agg(id) filter (where pending is not null) into completed, waiting
	from unnest(ids) as id left join lateral (
		-- Workers send in the order of connections, so the last one is usually pending.
		select true as pending from deliveries
		where notification_id = id and state in ('queued', 'sending', 'retrying', 'parked') order by connection_id desc limit 1
	) as rest on true;

	if waiting is not null then
		-- Another transaction may end the other deliveries, and neither sees the changes of the other. With the lock, the later one
		-- does. Only this lock and `complete_broadcast` follow the locks of rows, and the number of locks is limited.
		perform pg_advisory_xact_lock(7283913, bucket) from (
			select distinct hashtext(id::text) & 63 as bucket from unnest(waiting) as id order by 1
		) as buckets;
		-- From the other end, this would read all deliveries that have ended, while other transactions wait for the lock.
		completed := completed || array(
			select id from unnest(waiting) as id
			where (
				select true from deliveries
				where notification_id = id and state in ('queued', 'sending', 'retrying', 'parked') order by connection_id desc limit 1
			) is null);
	end if;
	if completed is null or completed = '{}' then return; end if;

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
--> statement-breakpoint
-- Also publishes changes of deliveries whose type something has requested. An event has up to a hundred deliveries of a provider.
CREATE OR REPLACE FUNCTION "publish_delivery_events"() RETURNS trigger LANGUAGE plpgsql AS $$
declare
	ended uuid[];
	changed_notifications uuid[];
	changed_connections uuid[];
begin
	-- The notifications with fewer pending deliveries than before. Where a statement also makes deliveries pending again, the
	-- notification is not completed. A join of the old with the new rows would keep the plan of its first, perhaps small, call.
	-- `complete_broadcast` publishes those with progress.
	if tg_op = 'UPDATE' then
		select array_agg(notification_id) into ended from (
			select notification_id from (
				select notification_id, state, 1 as number from old_rows
				union all
				select notification_id, state, -1 from new_rows
			) as rows
			where state in ('queued', 'sending', 'retrying', 'parked')
			group by notification_id having sum(number) > 0
		) as fewer
		where not exists (select from progress where progress.notification_id = fewer.notification_id);
	elsif tg_op = 'DELETE' then
		select array_agg(notification_id) into ended from (
			select distinct notification_id from old_rows where state in ('queued', 'sending', 'retrying', 'parked')
		) as fewer
		where not exists (select from progress where progress.notification_id = fewer.notification_id);
	end if;
	if ended is not null then perform complete_notifications(ended); end if;

	if tg_op = 'DELETE' or not exists (select from event_requests) then return null; end if;
	if tg_op = 'INSERT' then
		select array_agg(notification_id), array_agg(connection_id) into changed_notifications, changed_connections
		from new_rows where state = 'parked';
	else
		select array_agg(notification_id), array_agg(connection_id) into changed_notifications, changed_connections
		from new_rows join old_rows using (notification_id, connection_id)
		where new_rows.state in ('sent', 'failed', 'parked', 'unknown') and new_rows.state <> old_rows.state;
	end if;
	if changed_notifications is null then return null; end if;
	insert into events (type, user_id, notification_id, provider, data)
	select type,
		case when count(distinct user_id) = 1 then (array_agg(user_id))[1] end,
		case when count(distinct notification_id) = 1 then (array_agg(notification_id))[1] end,
		provider,
		jsonb_build_object('deliveries', jsonb_agg(jsonb_strip_nulls(jsonb_build_object('notificationId', 'ntf_' || notification_id,
			'connectionId', 'con_' || connection_id, 'userId', external_id, 'reason', reason)) order by place))
	from (
		select 'delivery.' || state as type, deliveries.notification_id, deliveries.connection_id, deliveries.provider, reason, user_id,
			external_id,
			row_number() over (partition by state, deliveries.provider order by deliveries.notification_id, deliveries.connection_id) - 1 as place
		from unnest(changed_notifications, changed_connections) as changed (notification_id, connection_id)
		join deliveries using (notification_id, connection_id)
		left join connections on connections.id = connection_id left join users on users.id = user_id
		where 'delivery.' || state in (select event_requests.type from event_requests)
	) as placed
	group by type, provider, place / 100;
	return null;
end $$;
