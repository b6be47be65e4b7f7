-- A new UUIDv7: a random UUID whose first 48 bits are the time and whose version is 7. PostgreSQL 14 has no function for it.
CREATE FUNCTION "new_id"() RETURNS uuid LANGUAGE sql VOLATILE AS $$
	select overlay(overlay(gen_random_uuid()::text
		placing regexp_replace(lpad(to_hex(floor(extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0'), '^(.{8})', '\1-')
		from 1 for 13) placing '7' from 15 for 1)::uuid
$$;
--> statement-breakpoint
CREATE TABLE "event_requests" (
	"source" text NOT NULL,
	"type" text NOT NULL,
	CONSTRAINT "event_requests_source_type_pk" PRIMARY KEY("source","type"),
	CONSTRAINT "event_requests_type" CHECK ("event_requests"."type" in ('delivery.sent', 'delivery.failed', 'delivery.parked', 'delivery.unknown'))
);
--> statement-breakpoint
CREATE TABLE "events" (
	"id" uuid PRIMARY KEY DEFAULT new_id() NOT NULL,
	"position" bigint,
	"type" text NOT NULL,
	"user_id" uuid,
	"team_id" uuid,
	"connection_id" uuid,
	"notification_id" uuid,
	"handshake_id" uuid,
	"provider" text,
	"data" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "events_type" CHECK ("events"."type" in ('connection.connected', 'connection.needs_reauth', 'connection.restored', 'connection.disconnected', 'connection.revoked', 'handshake.failed', 'notification.completed', 'delivery.sent', 'delivery.failed', 'delivery.parked', 'delivery.unknown', 'provider.paused', 'provider.resumed', 'pull.failed', 'endpoint.disabled')),
	CONSTRAINT "events_data" CHECK (jsonb_typeof("events"."data") = 'object')
);
--> statement-breakpoint
CREATE UNIQUE INDEX "events_position" ON "events" USING btree ("position");
--> statement-breakpoint
CREATE INDEX "events_unassigned" ON "events" USING btree ("id") WHERE "events"."position" is null;
--> statement-breakpoint
CREATE INDEX "events_type" ON "events" USING btree ("type","id");
--> statement-breakpoint
CREATE INDEX "events_user" ON "events" USING btree ("user_id","id") WHERE "events"."user_id" is not null;
--> statement-breakpoint
CREATE SEQUENCE "event_positions" OWNED BY "events"."position";
--> statement-breakpoint
-- Assigns positions to up to `max` committed events that have none. One transaction at a time does, so positions are committed
-- in their order, and a reader that has read up to a position has read all events before it. Returns the number of events, and
-- the last position.
CREATE FUNCTION "assign_event_positions"(max integer, OUT assigned integer, OUT head bigint) LANGUAGE plpgsql AS $$
begin
	assigned := 0;
	if exists (select from events where position is null) then
		perform pg_advisory_xact_lock(7283912);
		with unassigned as (
			select id from events where position is null order by id limit max
		), numbered as (
			select id, nextval('event_positions') as position from unassigned
		)
		update events set position = numbered.position from numbered where events.id = numbered.id;
		get diagnostics assigned = row_count;
	end if;
	-- A statement of its own, which sees what another transaction assigned while this one waited for the lock.
	select coalesce(max(position), 0) into head from events;
end $$;
--> statement-breakpoint
-- Wakes the readers when the transaction commits.
CREATE FUNCTION "notify_events"() RETURNS trigger LANGUAGE plpgsql AS $$
begin
	if exists (select from new_rows) then perform pg_notify('carillon_events', ''); end if;
	return null;
end $$;
--> statement-breakpoint
CREATE TRIGGER "events_inserted" AFTER INSERT ON "events"
	REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "notify_events"();
--> statement-breakpoint
-- The history of connections is also what sites receive, except that a connection was muted or that its team has another owner.
CREATE FUNCTION "publish_connection_events"() RETURNS trigger LANGUAGE plpgsql AS $$
begin
	insert into events (type, user_id, team_id, connection_id, provider, data)
	select
		case
			when logged.event = 'connection.recovered' or before.event = 'connection.needs_reauth' then 'connection.restored'
			when logged.event in ('connection.connected', 'connection.reconnected') then 'connection.connected'
			when logged.event = 'connection.needs_reauth' then 'connection.needs_reauth'
			when logged.reason is null then 'connection.disconnected'
			else 'connection.revoked' end,
		user_id, team_id, connections.id, provider,
		jsonb_strip_nulls(jsonb_build_object('reason', logged.reason, 'missingPermissions',
			case when logged.event = 'connection.needs_reauth' and missing_permissions <> '{}' then missing_permissions end))
	from new_rows as logged join connections on connections.id = logged.connection_id
	left join lateral (
		select event from connection_events
		where connection_id = logged.connection_id and connection_events.id <> logged.id
			and event not in ('connection.muted', 'connection.unmuted', 'connection.transferred')
		order by at desc, connection_events.id desc limit 1
	) as before on logged.event = 'connection.reconnected'
	where logged.event not in ('connection.muted', 'connection.unmuted', 'connection.transferred')
	order by logged.id;
	return null;
end $$;
--> statement-breakpoint
CREATE TRIGGER "connection_events_inserted" AFTER INSERT ON "connection_events"
	REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "publish_connection_events"();
--> statement-breakpoint
CREATE FUNCTION "publish_handshake_event"() RETURNS trigger LANGUAGE plpgsql AS $$
begin
	insert into events (type, user_id, team_id, handshake_id, provider, data)
	values ('handshake.failed', new.user_id, new.team_id, new.id, new.provider, jsonb_build_object('error', new.error));
	return null;
end $$;
--> statement-breakpoint
CREATE TRIGGER "handshakes_failed" AFTER UPDATE OF "status" ON "handshakes"
	FOR EACH ROW WHEN (old.status <> 'failed' and new.status = 'failed') EXECUTE FUNCTION "publish_handshake_event"();
--> statement-breakpoint
-- A provider is paused while its own host, which has the name '', takes no requests.
CREATE FUNCTION "publish_provider_event"() RETURNS trigger LANGUAGE plpgsql AS $$
begin
	insert into events (type, provider, data)
	values (
		case new.breaker when 'closed' then 'provider.resumed' else 'provider.paused' end, new.provider,
		case new.breaker when 'closed' then '{}' else jsonb_strip_nulls(jsonb_build_object(
			'cause', case when new.is_misconfigured then 'misconfigured' else 'breakerOpen' end, 'reason', new.reason)) end);
	return null;
end $$;
--> statement-breakpoint
CREATE TRIGGER "provider_hosts_opened" AFTER INSERT ON "provider_hosts"
	FOR EACH ROW WHEN (new.host = '' and new.breaker <> 'closed') EXECUTE FUNCTION "publish_provider_event"();
--> statement-breakpoint
CREATE TRIGGER "provider_hosts_changed" AFTER UPDATE ON "provider_hosts"
	FOR EACH ROW WHEN (new.host = '' and ((old.breaker = 'closed') <> (new.breaker = 'closed')
		or new.breaker <> 'closed' and new.is_misconfigured and not old.is_misconfigured)) EXECUTE FUNCTION "publish_provider_event"();
--> statement-breakpoint
-- A failure that is tried again in the same round is not published.
CREATE FUNCTION "publish_pull_event"() RETURNS trigger LANGUAGE plpgsql AS $$
begin
	insert into events (type, user_id, team_id, connection_id, provider, data)
	select 'pull.failed', user_id, team_id, id, provider, jsonb_build_object('reason', new.failure)
	from connections where id = new.connection_id;
	return null;
end $$;
--> statement-breakpoint
CREATE TRIGGER "pulls_failed" AFTER UPDATE ON "pulls"
	FOR EACH ROW WHEN (new.failed_at is distinct from old.failed_at and new.failed_at is not null and new.round_at is null)
	EXECUTE FUNCTION "publish_pull_event"();
--> statement-breakpoint
-- Publishes which of these notifications, which are not broadcasts, are completed. Each has a delivery that ended in this
-- statement, so it was not completed before.
CREATE FUNCTION "complete_notifications"(ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
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
			where not exists (
				select from deliveries where notification_id = id and state in ('queued', 'sending', 'retrying', 'parked')));
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
--> statement-breakpoint
-- Also publishes changes of deliveries whose type something has requested. An event has up to a hundred deliveries of a provider.
CREATE FUNCTION "publish_delivery_events"() RETURNS trigger LANGUAGE plpgsql AS $$
declare
	ended uuid[];
	changed_notifications uuid[];
	changed_connections uuid[];
begin
	if tg_op = 'UPDATE' then
		select array_agg(distinct notification_id) into ended
		from new_rows join old_rows using (notification_id, connection_id)
		where new_rows.state in ('sent', 'failed', 'unknown', 'canceled', 'expired', 'skipped')
			and old_rows.state in ('queued', 'sending', 'retrying', 'parked');
	elsif tg_op = 'DELETE' then
		select array_agg(distinct notification_id) into ended
		from old_rows where state in ('queued', 'sending', 'retrying', 'parked');
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
--> statement-breakpoint
-- These names make the triggers run after those that count the progress, which lock rows.
CREATE TRIGGER "publish_inserted_deliveries" AFTER INSERT ON "deliveries"
	REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "publish_delivery_events"();
--> statement-breakpoint
CREATE TRIGGER "publish_updated_deliveries" AFTER UPDATE ON "deliveries"
	REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "publish_delivery_events"();
--> statement-breakpoint
CREATE TRIGGER "publish_deleted_deliveries" AFTER DELETE ON "deliveries"
	REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION "publish_delivery_events"();
--> statement-breakpoint
-- Publishes whether a broadcast is completed: it is planned, and no provider has deliveries that wait. Runs at the end of the
-- transaction, because a statement may first count a segment down and then its deliveries up.
CREATE FUNCTION "complete_broadcast"() RETURNS trigger LANGUAGE plpgsql AS $$
declare
	broadcast uuid;
	published text := coalesce(current_setting('carillon.completed', true), '');
begin
	if tg_table_name = 'progress' then broadcast := new.notification_id; else broadcast := new.id; end if;
	-- Several providers may end in one transaction.
	if position(broadcast::text in published) > 0 then return null; end if;
	-- Another transaction may end the other providers, see `complete_notifications`.
	perform pg_advisory_xact_lock(7283913, -1);
	insert into events (type, notification_id, data)
	select 'notification.completed', notifications.id, jsonb_build_object(
		'status', case when canceled_at is null then 'completed' else 'canceled' end,
		'counts', jsonb_strip_nulls(jsonb_build_object('sent', nullif(sum(sent), 0), 'failed', nullif(sum(failed), 0),
			'unknown', nullif(sum(unknown), 0), 'canceled', nullif(sum(canceled), 0), 'expired', nullif(sum(expired), 0),
			'skipped', nullif(sum(skipped), 0))))
	from notifications left join progress on notification_id = notifications.id
	where notifications.id = broadcast and planned_at is not null
	group by notifications.id having coalesce(sum(queued + sending + retrying + parked), 0) = 0;
	if found then perform set_config('carillon.completed', published || broadcast, true); end if;
	return null;
end $$;
--> statement-breakpoint
CREATE CONSTRAINT TRIGGER "progress_ended" AFTER UPDATE ON "progress" DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW WHEN (old.queued + old.sending + old.retrying + old.parked > 0 and new.queued + new.sending + new.retrying + new.parked = 0)
	EXECUTE FUNCTION "complete_broadcast"();
--> statement-breakpoint
CREATE CONSTRAINT TRIGGER "notifications_planned" AFTER UPDATE OF "planned_at" ON "notifications" DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW WHEN (old.planned_at is null and new.planned_at is not null) EXECUTE FUNCTION "complete_broadcast"();
