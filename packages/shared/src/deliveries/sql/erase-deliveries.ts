import type { Database } from '../../db/index.ts'

/** Reasons in Carillon's own words. All others may contain a text of the provider about the account. */
const ownReasons = [
  'canceled', 'expired', 'disconnected', 'userDeleted', 'muted', 'unsubscribed', 'rateLimited', 'breakerOpen', 'misconfigured',
  'handedBack', 'workerLost', 'erased'
]

export interface ErasedDeliveries {
  /** The notifications of the page, which may name the user. */
  notificationIds: string[]
  erased: number
  /** Deliveries that have not ended. They must be erased later. */
  open: number
  /** Continue after this notification. Undefined on the last page. */
  next: string | undefined
}

/**
 * Erases what a page of a connection's deliveries says about its user: the receipts, the history and the reasons of the provider.
 * The states stay, because the counts of notifications depend on them.
 */
export async function eraseDeliveries (
  { sql }: Pick<Database, 'sql'>, connectionId: string, { after, limit }: { after?: string | undefined, limit: number }
): Promise<ErasedDeliveries> {
  const page = await sql<Array<{ notificationId: string, isOpen: boolean }>>`
    select notification_id as "notificationId", state in ('queued', 'sending', 'retrying', 'parked') as "isOpen" from deliveries
    where connection_id = ${connectionId} ${after === undefined ? sql`` : sql`and notification_id > ${after}`}
    order by notification_id limit ${limit}`
  const notificationIds = page.map(({ notificationId }) => notificationId)
  const ended = page.filter(({ isOpen }) => !isOpen).map(({ notificationId }) => notificationId)
  const erased = ended.length === 0
    ? 0
    : (await sql`
      update deliveries set history = '[]',
        receipt = case when receipt is not null then '{"id": "erased"}'::jsonb end,
        reason = case when reason is null or reason = any (${ownReasons}) then reason else 'erased' end
      where connection_id = ${connectionId} and notification_id = any (${ended}::uuid[])
        and state in ('sent', 'failed', 'unknown', 'canceled', 'expired', 'skipped')
        and (history <> '[]' or receipt <> '{"id": "erased"}' or reason <> all (${ownReasons}))`).count
  return {
    notificationIds,
    erased,
    open: page.length - ended.length,
    next: page.length < limit ? undefined : notificationIds.at(-1)
  }
}
