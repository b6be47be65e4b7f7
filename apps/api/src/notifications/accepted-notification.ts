import type { Accepted } from '@carillon/shared/deliveries'
import { addCounts, audienceCount, completeCounts, firstOf, isBroadcast, maxNamed } from '@carillon/shared/notifications'
import type { Draft, Notification } from '@carillon/shared/notifications'

/** The notification as it was accepted. It saves a query for what is known. */
export function toAcceptedNotification (
  draft: Draft, { createdAt, unreachable, reached }: Accepted, now: number, named = maxNamed.detail
): Notification {
  const { id, origin, audience, message, providers = null, data, sendAt = null, expiresAt = null } = draft
  const { spreadSeconds = null, onUnknown = 'hold' } = draft
  const progress = reached.map(({ provider, queued, parked, skipped }) => ({
    provider, counts: completeCounts({ queued, parked, skipped }), perSecond: 0, secondsLeft: queued === 0 ? 0 : null
  }))
  const counts = addCounts(progress.map(({ counts }) => counts))
  const isScheduled = sendAt !== null && sendAt.getTime() > now
  const isOver = !isBroadcast(audience) && counts.queued + counts.parked === 0
  const status = isOver ? 'completed' : isScheduled ? 'scheduled' : counts.queued > 0 || isBroadcast(audience) ? 'accepted' : 'sending'
  const deliveries = counts.queued + counts.parked + counts.skipped
  return {
    id,
    origin,
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
