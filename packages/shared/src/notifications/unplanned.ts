import type { Database } from '../db/index.ts'

/** Broadcasts that are due and that no worker has planned. */
export interface Unplanned {
  number: number
  /** When the oldest of them was due. */
  oldestAt: Date | null
}

export async function countUnplanned ({ sql }: Pick<Database, 'sql'>): Promise<Unplanned> {
  const [row] = await sql<Array<{ number: number, oldestAt: string | null }>>`
    select count(*)::int as number, min(coalesce(send_at, created_at)) as "oldestAt" from notifications
    where planned_at is null and paused_at is null and canceled_at is null and coalesce(send_at, created_at) <= now()`
  const { number = 0, oldestAt = null } = row ?? {}
  return { number, oldestAt: oldestAt === null ? null : new Date(oldestAt) }
}
