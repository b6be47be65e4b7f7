import type { Database } from '../db/index.ts'
import type { PendingQuery, Row } from 'postgres'

/** A limit that a worker has learned from a refusal. */
export interface LearnedLimit {
  provider: string
  host: string
  /** How many requests of this worker the host accepted within the last `windowMs`. */
  sent: number
  windowMs: number
  /** The announced wait. */
  waitMs: number
}

/** A host whose limit is known. */
export interface KnownPace {
  provider: string
  host: string
  /** Changes when a worker learns more about the limit. */
  version: number
  /** Milliseconds until the announced wait ends. Negative after its end. */
  waitMs: number
  /** Whether enough requests were accepted to measure a rate. */
  hasRate: boolean
}

export interface TurnRequest {
  provider: string
  host: string
  wanted: number
}

/** Turns of requests to a host with a known limit. */
export interface Turns {
  /** How many may go now. */
  granted: number
  /** When the first of the others may go, and the interval between two requests. */
  waitMs: number
  stepMs: number
}

/** The rate is then twenty times what it was, and the host is like any other. */
export const forgetAfterMs = 300_000
const growthPerSecond = 1.01
/** Fewer accepted requests say nothing about a rate. */
const leastSent = 20
/** A rate that was refused, although too few requests were accepted to measure it again, is lowered to this share. */
const loweredShare = 0.7
/** Requests of this time may go at once: waiting deliveries return once a second. */
const burstSeconds = 1
/** The turns of waiting requests belong to workers that were killed when the host had no request for this time. */
const unusedSeconds = 3
/** Transactions that commit late must not be missed. */
const overlapMs = 10_000

/**
 * Stores a limit, and gives all requests that waited for an earlier one new turns. Several workers may be refused in one
 * wait: then what they sent counts together. Returns the version.
 */
export async function learnPace (
  { sql }: Database, { provider, host, sent, windowMs, waitMs }: LearnedLimit
): Promise<Pick<KnownPace, 'version' | 'hasRate'>> {
  const isSameWait = sql`known.silent_until > now()`
  const total = sql`case when ${isSameWait} then known.sent else 0 end + excluded.sent`
  const since = sql`case when ${isSameWait} then least(known.since, excluded.since) else excluded.since end`
  const until = sql`greatest(known.silent_until, excluded.silent_until)`
  const [row] = await sql<[Pick<KnownPace, 'version' | 'hasRate'>]>`
    insert into host_paces as known (provider, host, sent, since, silent_until, next_at, turn_at, learned_at, per_second)
    select ${provider}, ${host}, sent, since, until, until, until, clock_timestamp(), ${measureRate(sql, sql`sent`, sql`since`, sql`until`)}
    from (
      select ${sent}::int as sent, now() - ${windowMs}::float8 * interval '1 millisecond' as since,
        now() + ${waitMs}::float8 * interval '1 millisecond' as until
    ) as learned
    on conflict (provider, host) do update set
      sent = ${total}, since = ${since}, silent_until = ${until},
      next_at = greatest(${until}, case when ${isSameWait} then known.next_at end),
      turn_at = greatest(${until}, case when ${isSameWait} then known.turn_at end),
      per_second = greatest(${measureRate(sql, total, since, until)}, case when ${isSameWait} then known.per_second
        when ${isRemembered(sql, sql`known.silent_until`)} then ${loweredShare}::float8 * ${currentRate(sql, sql`known`)} end),
      learned_at = clock_timestamp()
    returning ${version(sql)} as version, per_second is not null as "hasRate"`
  return row
}

/** Adds what this worker sent to limits that others learned, while their waits last. */
export async function sharePaces ({ sql }: Database, shares: Array<Omit<LearnedLimit, 'waitMs'>>): Promise<void> {
  await sql`
    update host_paces as known set sent = total.sent, since = total.since, learned_at = clock_timestamp(),
      per_second = greatest(known.per_second, ${measureRate(sql, sql`total.sent`, sql`total.since`, sql`known.silent_until`)})
    from (
      select provider, host, held.sent + share.sent as sent, least(since, now() - window_ms * interval '1 millisecond') as since
      from unnest(${shares.map(({ provider }) => provider)}::text[], ${shares.map(({ host }) => host)}::text[],
        ${shares.map(({ sent }) => sent)}::int[], ${shares.map(({ windowMs }) => windowMs)}::float8[]) as share (provider, host, sent, window_ms)
      join host_paces as held using (provider, host)
      where silent_until > now() order by provider, host for update of held
    ) as total
    where known.provider = total.provider and known.host = total.host`
}

/** The paces that changed since `version`, or all of them. */
export async function readPaces ({ sql }: Database, since: number | undefined): Promise<KnownPace[]> {
  return await sql<KnownPace[]>`
    select provider, host, ${version(sql)} as version, per_second is not null as "hasRate",
      extract(epoch from silent_until - now())::float8 * 1000 as "waitMs"
    from host_paces
    where ${isRemembered(sql, sql`silent_until`)} and learned_at > to_timestamp(${((since ?? overlapMs) - overlapMs) / 1000}::float8)`
}

/**
 * Reserves turns at hosts with known limits, for all workers together. Those that may not go now receive a turn each, after the
 * ones that already wait. Returns them in the order of `requests`: undefined for a host without a known rate.
 */
export async function reserveTurns ({ sql }: Database, requests: TurnRequest[]): Promise<Array<Turns | undefined>> {
  const turns = await sql<Array<Turns & TurnRequest>>`
    with held as (
      select host_paces.*, wanted, 1 / ${currentRate(sql, sql`host_paces`)} as step, greatest(next_at, now()) as free_at
      from unnest(${requests.map(({ provider }) => provider)}::text[], ${requests.map(({ host }) => host)}::text[],
        ${requests.map(({ wanted }) => wanted)}::int[]) as request (provider, host, wanted)
      join host_paces using (provider, host)
      where per_second is not null and ${isRemembered(sql, sql`silent_until`)}
      order by provider, host for update of host_paces
    ), granted as (
      select *, case when silent_until > now() then 0
        else least(wanted, greatest(0, ceil((${burstSeconds} - extract(epoch from free_at - now())) / step)))::int end as granted
      from held
    ), turn as (
      select provider, host, wanted, granted, step, turn_at, silent_until, free_at + granted * step * interval '1 second' as next_at,
        granted.next_at > now() - ${unusedSeconds}::int * interval '1 second' as is_used
      from granted
    ), late as (
      select *, greatest(next_at, silent_until, case when is_used then turn_at end) as late_at from turn
    ), reserved as (
      update host_paces set next_at = late.next_at,
        turn_at = case when granted < wanted then late_at + (wanted - granted) * step * interval '1 second' else late.turn_at end
      from late where host_paces.provider = late.provider and host_paces.host = late.host
    )
    select provider, host, granted, step::float8 * 1000 as "stepMs", extract(epoch from late_at - now())::float8 * 1000 as "waitMs"
    from late`
  return requests.map(({ provider, host }) => turns.find((found) => found.provider === provider && found.host === host))
}

/** Deletes forgotten paces, and returns their number. */
export async function sweepPaces ({ sql }: Database): Promise<number> {
  const { count } = await sql`
    delete from host_paces where (provider, host) in (
      select provider, host from host_paces where not ${isRemembered(sql, sql`silent_until`)} order by provider, host for update skip locked)`
  return count
}

type Sql = Database['sql']
type Fragment = PendingQuery<Row[]>

/** The accepted requests per second until the end of the wait. Null when they were too few. */
function measureRate (sql: Sql, sent: Fragment, since: Fragment, until: Fragment): Fragment {
  return sql`case when ${sent} >= ${leastSent}::int then (${sent}) / greatest(0.001, extract(epoch from (${until}) - (${since})))::float8 end`
}

/** The rate grows, to find out whether the limit still applies. */
function currentRate (sql: Sql, row: Fragment): Fragment {
  return sql`(${row}.per_second * ${growthPerSecond}::float8 ^ greatest(0, extract(epoch from now() - ${row}.silent_until))::float8)`
}

function isRemembered (sql: Sql, silentUntil: Fragment): Fragment {
  return sql`(${silentUntil} > now() - ${forgetAfterMs}::int * interval '1 millisecond')`
}

function version (sql: Sql): Fragment {
  return sql`extract(epoch from learned_at)::float8 * 1000`
}
