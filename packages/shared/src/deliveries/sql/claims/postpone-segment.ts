import type { Database } from '../../../db/index.ts'
import type { SegmentJob } from '../../delivery-queues.ts'
import type { DueSegment } from '../../enqueue.ts'

/** Sets a later due time for a segment without claims. Undefined when the segment is deleted. */
export async function postponeSegment (
  { sql }: Database, provider: string, { notificationId, number }: SegmentJob, waitMs: number
): Promise<DueSegment | undefined> {
  const [row] = await sql<DueSegment[]>`
    update segments set due_at = now() + ${waitMs}::float8 * interval '1 millisecond'
    where notification_id = ${notificationId} and provider = ${provider} and number = ${number}
    returning notification_id as "notificationId", provider, number, floor(extract(epoch from due_at) * 1000)::float8 as "dueAt",
      ${waitMs}::float8 as "delayMs"`
  return row
}
