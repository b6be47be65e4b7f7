import { inArray } from 'drizzle-orm'
import { outgoingBudgets } from '../db/index.ts'
import type { Database } from '../db/index.ts'

/** A group of requests that are counted together, and its limit per minute. */
export interface Budget {
  key: string
  perMinute: number
  /** How many requests a full budget allows at once. Defaults to those of a minute. */
  burst?: number
}

/**
 * Charges `cost` requests to all of `budgets`, over all processes, and returns 0. If one of them is used up, charges none and
 * returns the seconds until it is sufficient: a refused caller must not use up budgets that others share.
 * Each budget is one time, `full_at`, which every request moves into the future (the generic cell rate algorithm).
 */
export async function takeBudget ({ sql }: Database, budgets: readonly Budget[], cost: number): Promise<number> {
  // The same order in all callers prevents deadlocks.
  const ordered = [...budgets].sort((one, other) => one.key < other.key ? -1 : 1)
  const keys = ordered.map(({ key }) => key)
  const costs = ordered.map(({ perMinute }) => cost * 60 / perMinute)
  const bursts = ordered.map(({ perMinute, burst = perMinute }) => burst * 60 / perMinute)
  const [row] = await sql<Array<{ wait: number }>>`
    with asked as (
      select key, cost * interval '1 second' as cost, burst * interval '1 second' as burst
      from unnest(${keys}::text[], ${costs}::float8[], ${bursts}::float8[]) as asked (key, cost, burst)
    ), held as materialized (
      select key, full_at from outgoing_budgets where key = any (${keys}::text[]) order by key for update
    ), charged as (
      select asked.key, asked.cost, asked.burst, greatest(held.full_at, now()) + asked.cost as full_at
      from asked left join held using (key)
    ), answer as (
      select max(extract(epoch from full_at - now() - greatest(cost, burst)))::float8 as wait
      from charged
    ), stored as (
      insert into outgoing_budgets (key, full_at)
      select key, full_at from charged, answer where wait <= 0 order by key
      on conflict (key) do update set full_at =
        greatest(outgoing_budgets.full_at, now()) + (select cost from asked where asked.key = excluded.key)
    )
    select wait from answer`
  return Math.max(0, Math.ceil(row?.wait ?? 0))
}

/** Deletes the budgets that are full again, and returns their number. */
export async function sweepBudgets ({ sql }: Database): Promise<number> {
  const { count } = await sql`
    delete from outgoing_budgets where key in (
      select key from outgoing_budgets where full_at < now() order by key for update skip locked)`
  return count
}

/** Deletes the budgets of a user. */
export async function eraseBudget ({ db }: Pick<Database, 'db'>, userId: string): Promise<void> {
  await db.delete(outgoingBudgets).where(inArray(outgoingBudgets.key, [`user:${userId}`, `messages:user:${userId}`]))
}
