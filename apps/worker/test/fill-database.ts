import type { Database } from '@carillon/shared/db'

/** The ids of the rows that `fillDatabase` inserts. */
export interface Filled {
  /** A broadcast that is mostly sent. Some deliveries are retrying, parked or sending. */
  broadcast: string
  /** A broadcast that is spread over hours. */
  spread: string
  /** A broadcast without segments. */
  unplanned: string
  /** The claim of a running batch, and of a crashed worker. */
  claim: string
  lostClaim: string
  /** A connection with waiting deliveries. */
  waitedFor: string
  /** A user who has connected a team. */
  teamUser: string
  /** The API key of half of the audit trail, and a connection that was imported with it. */
  auditedKey: string
  auditedTarget: string
}

/**
 * Inserts the data of a larger site after three weeks: 60,000 connections, most at one provider, 500 teams with one each, 20,000
 * notifications to named users, broadcasts in every partition, an audit trail of 40,000 entries, and the work of a busy moment.
 */
export async function fillDatabase ({ sql }: Database): Promise<Filled> {
  await sql.unsafe(script)
  const [row] = await sql<[Filled]>`
    select ntf('10 minutes', 900001) as broadcast, ntf('9 minutes', 900002) as spread, ntf('8 minutes', 900010) as unplanned,
      id_of('c', 1) as claim, id_of('c', 2) as "lostClaim", id_of('a', 102) as "waitedFor",
      id_of('b', 9) as "teamUser", id_of('a', 1) as "auditedKey", 'con_' || id_of('a', 102) as "auditedTarget"`
  // VACUUM does not run in a transaction.
  await sql`vacuum (analyze)`
  return row
}

const script = `
  create function id_of(kind text, number int) returns uuid language sql immutable as $$
    select (kind || lpad(to_hex(number), 7, '0') || '-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid $$;
  -- as old as the transaction says, so that it is the same everywhere in it
  create table born as select date_trunc('minute', now()) as at;
  create function ntf(age interval, number int) returns uuid language sql stable as $$
    select (left(uuid_since(at - age)::text, 14) || '7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid from born $$;
  select ensure_delivery_partitions(now() - interval '22 days', now());

  insert into users (id, external_id) select id_of('b', number), 'user-' || number from generate_series(1, 60000) as number;
  insert into grants (id, provider, status, credentials, expires_at)
    select id_of('a', number), case when number % 100 < 85 then 'pushbullet' when number % 100 < 99 then 'pumpio' else 'blotre' end,
      case when number % 50 = 3 then 'needsReauth' else 'active' end, repeat('sealed', 30),
      case when number % 100 = 99 then now() + (600 + number % 3600) * interval '1 second' end
    from generate_series(1, 60000) as number;
  insert into grants (id, provider, status, credentials)
    select id_of('f', number), 'pumpio', 'active', repeat('sealed', 30) from generate_series(1, 500) as number;
  insert into connections (id, user_id, provider, status, status_reason, account_id, account_name, host, grant_id, connected_at)
    select id_of('a', number), id_of('b', number), case when number % 100 < 85 then 'pushbullet' when number % 100 < 99 then 'pumpio' else 'blotre' end,
      case when number % 50 = 3 then 'needsReauth' else 'active' end, case when number % 50 = 3 then 'tokenRevoked' end,
      'account-' || number, 'account-' || number, case when number % 100 between 85 and 98 then 'pump-' || number % 40 || '.example' else '' end,
      id_of('a', number), now() - interval '30 days'
    from generate_series(1, 60000) as number;
  insert into teams (id, external_id, name, owner_id)
    select id_of('e', number), 'team-' || number, 'Team ' || number, id_of('b', number) from generate_series(1, 500) as number;
  insert into connections (id, team_id, connected_by, provider, status, account_id, account_name, grant_id, connected_at)
    select id_of('f', number), id_of('e', number), id_of('b', number), 'pumpio', 'active', 'team-' || number, 'team-' || number,
      id_of('f', number), now() - interval '30 days'
    from generate_series(1, 500) as number;

  insert into notifications (id, origin, audience, message, planned_at, created_at)
    select ntf(age, number), 'api', '{"userIds": ["somebody"]}', '{"type": "note", "title": "Hello", "body": "World"}', at, at
    from generate_series(1, 20000) as number cross join lateral (
      select number * interval '90 seconds' + interval '1 hour' as age) as aged cross join lateral (select now() - age as at) as made;
  insert into deliveries (notification_id, connection_id, provider, state, attempts, receipt, history)
    select ntf(number * interval '90 seconds' + interval '1 hour', number), id_of('a', 1 + number * 7 % 60000), 'pushbullet', 'sent', 1,
      '{"id": "p1"}', '[{"at": "2026-01-01T00:00:00Z", "event": "queued"}, {"at": "2026-01-01T00:00:00Z", "event": "attempt"}]'
    from generate_series(1, 20000) as number;

  insert into notifications (id, origin, audience, message, planned_at)
    select ntf(number * interval '5 hours' + interval '2 hours', 800000 + number), 'api', '{"everyone": true}'::jsonb, '{"type": "note"}'::jsonb, now()
    from generate_series(1, 100) as number
    union all select ntf('10 minutes', 900001), 'api', '{"everyone": true}', '{"type": "note"}', now()
    union all select ntf('9 minutes', 900002), 'api', '{"everyone": true}', '{"type": "note"}', now()
    union all select ntf('8 minutes', 900010), 'api', '{"everyone": true}', '{"type": "note"}', null;
  insert into progress (notification_id, provider, audience, planned_to, is_planned, queued, started_at)
    select id, provider, 20000, id, planned_at is not null, case id when ntf('9 minutes', 900002) then 20000 else 0 end, now()
    from notifications cross join unnest(array['pushbullet', 'pumpio', 'blotre']) as provider where audience ? 'everyone' and planned_at is not null;
  insert into deliveries (notification_id, connection_id, provider, state, attempts, receipt)
    select ntf(age * interval '25 hours' + interval '2 hours', 800000 + age * 5), id_of('a', number), 'pushbullet', 'sent', 1, '{"id": "p1"}'
    from generate_series(1, 20, 4) as age cross join generate_series(1, 20000) as number;
  insert into deliveries (notification_id, connection_id, provider, state, attempts, due_at, parked_at, claim_id, reason, receipt)
    select ntf('10 minutes', 900001), id_of('a', number), 'pushbullet', state, 1,
      case state when 'retrying' then now() + (number % 700 - 100) * interval '1 second' end, case state when 'parked' then now() end,
      case state when 'sending' then id_of('c', 1 + number % 2) end, case when state in ('retrying', 'parked') then 'because' end,
      case state when 'sent' then '{"id": "p1"}'::jsonb end
    from generate_series(1, 30000) as number cross join lateral (
      select case when number > 29000 then 'sending' when number % 50 = 1 then 'retrying' when number % 100 = 2 then 'parked' else 'sent' end as state) as fated;
  insert into claims (id, provider, notification_ids, first_id, last_id, until)
    select id_of('c', number), 'pushbullet', array[ntf('10 minutes', 900001)], id_of('a', 29001), id_of('a', 30000),
      now() + case number when 2 then -1 else 1 end * interval '1 minute' from generate_series(1, 2) as number
    union all
    select id_of('c', number), 'pushbullet', (select array_agg(id_of('d', number * 500 + place)) from generate_series(1, 100) as place),
      id_of('a', 1), id_of('a', 60000), now() + interval '1 minute' from generate_series(3, 120) as number;

  insert into notifications (id, origin, audience, message, planned_at)
    select id_of('0', number), 'api', '{"everyone": true}', '{"type": "note"}', now() from generate_series(1, 4) as number;
  insert into segments (notification_id, provider, number, after_id, last_id, size, due_at)
    select notification_id, 'pushbullet', number, id_of('a', number * 20), id_of('a', number * 20 + 20), 20, now() + (number - 20) * interval '10 seconds'
    from (select id_of('0', kind) as notification_id from generate_series(1, 4) as kind union all select ntf('9 minutes', 900002)) as spread
    cross join generate_series(0, 999) as number;

  insert into audit_entries (id, action, actor_kind, actor_id, operator, target_kind, target_id, user_id, created_at)
    select (left(uuid_since(at)::text, 14) || '7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid,
      case when number % 1000 = 0 then 'encryption_key.rotated' when number % 2 = 0 then 'connection.imported' else 'connection.connected' end,
      case when number % 1000 = 0 then 'operator' when number % 2 = 0 then 'apiKey' else 'user' end,
      case when number % 1000 = 0 then null when number % 2 = 0 then id_of('a', 1) else id_of('b', number) end,
      case when number % 1000 = 0 then 'root@web1' end, 'connection', 'con_' || id_of('a', number),
      case when number % 1000 <> 0 then id_of('b', number) end, at
    from generate_series(1, 40000) as number cross join lateral (select now() - number * interval '1 minute' as at) as made;`
