import { handleNotice } from './handle-notice.ts'
import type { InboundServices } from './handle-notice.ts'
import { runWithRequestId } from '../log/index.ts'
import { handlingSeconds } from './stored-events.ts'

const perRun = 100
/** Events that fail for this time fail for a reason that time does not fix. */
const maxAgeHours = 24
const retentionDays = 30

/** Handles the notices whose process crashed or failed, gives up those that are too old, and deletes handled ones in the end. */
export async function handleWaiting (services: InboundServices): Promise<void> {
  const { database: { sql }, log } = services
  const waiting = await sql<Array<{ id: string, requestId: string | null }>>`
    update notices set handle_at = now() + ${handlingSeconds} * interval '1 second'
    where id in (select id from notices where handle_at <= now() order by handle_at limit ${perRun} for update skip locked)
    returning id, request_id as "requestId"`
  for (const { id, requestId } of waiting) {
    await runWithRequestId(requestId, () => handleNotice(services, id)
      .catch((error: unknown) => log.error({ err: error, noticeId: id }, 'could not handle a notice')))
  }
  const dropped = await sql`
    update notices set events = null, handle_at = null
    where handle_at is not null and at < now() - ${maxAgeHours} * interval '1 hour'`
  if (dropped.count > 0) log.error({ count: dropped.count }, 'gave up notices that could not be handled')
  await sql`
    delete from notices where id in (
      select id from notices where kind <> 'delete' and handle_at is null and at < now() - ${retentionDays} * interval '1 day' limit 1000)`
}
