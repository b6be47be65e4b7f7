import type { Database } from '@carillon/shared/db'
import { claimSegment, deliveriesPerJob, postponeSegment } from '@carillon/shared/deliveries'
import type { SegmentJob } from '@carillon/shared/deliveries'
import { admit } from '@carillon/shared/throttling'
import { enqueueSegment, enqueueWakeups, sendBatch } from './batch.ts'
import { claimInRoom } from '../concurrency/claim-room.ts'
import { claimOnce } from './claim-once.ts'
import { senderOf } from './deliver.ts'
import type { DeliverServices } from './deliver-services.ts'
import { loadMessages, withRequestIds } from './load-messages.ts'

/**
 * Claims, sends and settles a segment of a broadcast, or the part that can begin soon. Calls `onStarted` when every delivery has
 * begun or waits for a slot.
 */
export async function deliverSegment (
  services: DeliverServices, providerId: string, segment: SegmentJob, onStarted = () => {}
): Promise<void> {
  const wanted = { provider: providerId, kind: 'broadcast', size: deliveriesPerJob, onStarted } as const
  await claimInRoom(services.room, wanted, (onStarted) => claimAndSend(services, providerId, segment, onStarted))
}

async function claimAndSend (
  shared: DeliverServices, providerId: string, segment: SegmentJob, onStarted: () => void
): Promise<void> {
  const { breakers, database, leaseMs, paces, room } = shared
  const provider = senderOf(shared, providerId)
  const [messages] = await Promise.all([loadMessages(database, [segment.notificationId]), paces.refresh()])
  const services = withRequestIds(shared, messages)
  const perSecond = services.perSecond.get(providerId)
  const soon = Math.min(deliveriesPerJob, room.maxClaim(providerId))
  // A limited provider's admission reserves capacity, so the request must not exceed the segment.
  const wanted = perSecond === undefined ? soon : Math.min(soon, await sizeOf(database, providerId, segment))
  const { allowed, isProbe, waitMs } = await admit(database, providerId, wanted, perSecond)
  if (allowed === 0) return await enqueueSegment(services, await postponeSegment(database, providerId, segment, waitMs))

  const request = { provider: providerId, segment, max: allowed, restMs: waitMs, leaseMs }
  const { startedAt, claim } = await claimOnce(services, providerId, (id) => claimSegment(database, { ...request, id }))
  if (claim === undefined) return
  const { id: claimId, wakes, rest } = claim
  await enqueueWakeups(services, wakes)
  await enqueueSegment(services, rest)
  const claimed = isProbe ? claim.claimed.map((one) => ({ ...one, probedHost: '' })) : claim.claimed
  if (claimed.length > 0) await sendBatch(services, { claimId, provider, kind: 'broadcast', messages, claimed, startedAt, onStarted })
  else if (isProbe) await breakers.releaseProbe(providerId, '')
}

async function sizeOf ({ sql }: Database, provider: string, { notificationId, number }: SegmentJob): Promise<number> {
  const [row] = await sql<Array<{ size: number }>>`
    select greatest(size, 1) as size from segments
    where notification_id = ${notificationId} and provider = ${provider} and number = ${number}`
  return row?.size ?? 1
}
