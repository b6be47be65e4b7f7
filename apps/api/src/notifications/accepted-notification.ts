import type { ApiKey } from '@carillon/shared/api-keys'
import type { Accepted } from '@carillon/shared/deliveries'
import { addCounts, audienceCount, completeCounts, firstOf, isBroadcast } from '@carillon/shared/notifications'
import type { Draft, Notification } from '@carillon/shared/notifications'

/** The notification as it was accepted. It saves a query for what is known. */
export function toAcceptedNotification (
  draft: Draft, { createdAt, unreachable, reached }: Accepted,
  { at, named, key }: { at: number, named: number, key: ApiKey | undefined }
): Notification {
  const { id, origin, audience, message, providers = null, data, sendAt = null, expiresAt = null } = draft
  const { spreadSeconds = null, onUnknown = 'hold' } = draft
  const progress = reached.map(({ provider, queued, parked, skipped }) => ({
    provider, counts: completeCounts({ queued, parked, skipped }), perSecond: 0, secondsLeft: queued === 0 ? 0 : null
  }))
  const counts = addCounts(progress.map(({ counts }) => counts))
  const isScheduled = sendAt !== null && sendAt.getTime() > at
  const isIdle = !isBroadcast(audience) && counts.queued === 0
  const isOver = isIdle && counts.parked === 0
  const status = isOver ? 'completed' : isIdle ? 'parked' : isScheduled ? 'scheduled' : counts.skipped > 0 ? 'sending' : 'accepted'
  const deliveries = counts.queued + counts.parked + counts.skipped
  return {
    id,
    origin,
    createdBy: key === undefined ? null : { keyId: key.id, name: key.name },
    audience: firstOf(audience, named),
    audienceCount: audienceCount(audience),
    message,
    providers,
    data,
    unreachable: unreachable.slice(0, named),
    unreachableCount: unreachable.length,
    sendAt,
    expiresAt,
    spreadSeconds,
    onUnknown,
    createdAt,
    status,
    isOver,
    deliveries,
    counts,
    progress,
    version: ''
  }
}
