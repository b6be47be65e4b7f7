import type { Database } from '../db/index.ts'

/** Erases what endpoints responded to these events: a site may repeat the event in its response. */
export async function eraseAttempts ({ sql }: Pick<Database, 'sql'>, eventIds: string[]): Promise<number> {
  if (eventIds.length === 0) return 0
  const { count } = await sql`
    update endpoint_attempts set error = 'erased' where event_id = any (${eventIds}::uuid[]) and error is not null and error <> 'erased'`
  return count
}
