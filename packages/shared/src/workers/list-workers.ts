import type { Database } from '../db/index.ts'
import { aliveWithin } from './alive.ts'

export interface WorkerState {
  id: string
  version: string
  host: string
  pid: number
  providers: string[]
  runningJobs: number
  /** How far the clock of its machine is ahead of the database's. */
  clockAheadMs: number | null
  /** Whether it was seen within the last 20 seconds. */
  isAlive: boolean
  startedAt: Date
  seenAt: Date
}

/** The workers of the last ten minutes, except those that stopped in order. The oldest one first. */
export async function listWorkers ({ sql }: Pick<Database, 'sql'>): Promise<WorkerState[]> {
  const rows = await sql<Array<Omit<WorkerState, 'startedAt' | 'seenAt'> & { startedAt: string, seenAt: string }>>`
    select id, version, host, pid, providers, running_jobs as "runningJobs", clock_ahead_ms as "clockAheadMs",
      seen_at > now() - ${aliveWithin}::interval as "isAlive", started_at as "startedAt", seen_at as "seenAt"
    from workers order by started_at, id`
  return rows.map(({ startedAt, seenAt, ...row }) => ({ ...row, startedAt: new Date(startedAt), seenAt: new Date(seenAt) }))
}
