import type { Database } from '../db/index.ts'
import type { HostLimit } from './host-limits.ts'

export interface Heartbeat {
  id: string
  version: string
  host: string
  pid: number
  /** The providers that the worker sends through. */
  providers: string[]
  runningJobs: number
  /** Null until it was measured. */
  clockAheadMs: number | null
  hostLimits: HostLimit[]
}

/** Rows of crashed workers explain an outage, and are then deleted. */
const keepLost = '10 minutes'

/** Records that the worker is alive. Returns the database's time, in milliseconds since the epoch. */
export async function recordHeartbeat (
  { sql }: Pick<Database, 'sql'>, { id, version, host, pid, providers, runningJobs, clockAheadMs, hostLimits }: Heartbeat
): Promise<number | undefined> {
  const [row] = await sql<Array<{ now: number }>>`
    with forgotten as (
      delete from workers where seen_at < now() - ${keepLost}::interval and id <> ${id}
    )
    insert into workers (id, version, host, pid, providers, running_jobs, clock_ahead_ms, host_limits)
    values (${id}, ${version}, ${host}, ${pid}, ${providers}, ${runningJobs}, ${clockAheadMs}, ${JSON.stringify(hostLimits)}::jsonb)
    on conflict (id) do update set seen_at = now(), running_jobs = excluded.running_jobs, clock_ahead_ms = excluded.clock_ahead_ms,
      host_limits = excluded.host_limits
    returning extract(epoch from clock_timestamp())::float8 * 1000 as now`
  return row?.now
}

/** A worker that stops in order is not lost. */
export async function removeWorker ({ sql }: Pick<Database, 'sql'>, id: string): Promise<void> {
  await sql`delete from workers where id = ${id}`
}
