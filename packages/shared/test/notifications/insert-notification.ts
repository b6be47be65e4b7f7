import { deliveries, newId } from '../../src/db/index.ts'
import type { Database } from '../../src/db/index.ts'
import { insertNotifications } from '../../src/deliveries/sql/insert-notifications.ts'
import type { DeliveryState } from '../../src/deliveries/index.ts'
import type { Draft } from '../../src/notifications/index.ts'
import { draftTo } from './drafts.ts'

/** A notification with deliveries in these states, one for each of the connections in turn. */
export async function insertNotification (
  database: Database, connectionIds: string[], states: DeliveryState[], fields: Partial<Draft> = {}
): Promise<string> {
  const draft = draftTo([], fields)
  await insertNotifications(database, [draft], [])
  const now = new Date()
  const rows = states.map((state, index) => ({
    notificationId: draft.id,
    connectionId: connectionIds[index] ?? '',
    provider: 'pushbullet',
    state,
    attempts: state === 'sent' ? 1 : 0,
    dueAt: state === 'queued' || state === 'retrying' ? now : null,
    parkedAt: state === 'parked' ? now : null,
    claimId: state === 'sending' ? newId() : null,
    reason: ['queued', 'sending', 'sent'].includes(state) ? null : 'because',
    receipt: state === 'sent' ? { id: 'p1' } : null
  }))
  if (rows.length > 0) await database.db.insert(deliveries).values(rows)
  return draft.id
}
