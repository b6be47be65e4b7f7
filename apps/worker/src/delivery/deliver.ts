import type { DeliverJob, DeliveryKey } from '@carillon/shared/deliveries'
import type { Provider } from '@carillon/shared/providers'
import { admit } from '@carillon/shared/throttling'
import { enqueueWakeups, sendBatch } from './batch.ts'
import { claimInRoom } from '../concurrency/claim-room.ts'
import { claimOnce } from './claim-once.ts'
import { claim, clearMissed, postpone } from '@carillon/shared/deliveries'
import type { DeliverServices } from './deliver-services.ts'
import { loadMessages, withRequestIds } from './load-messages.ts'

/**
 * Claims, sends and settles one batch. Postpones the deliveries that the provider may not get now. Calls `onStarted` when every
 * delivery has begun or waits for a slot.
 */
export async function deliver (
  services: DeliverServices, providerId: string, job: DeliverJob, onStarted = () => {}
): Promise<void> {
  const wanted = { provider: providerId, kind: 'direct', size: job.deliveries.length, onStarted } as const
  await claimInRoom(services.room, wanted, (onStarted) => claimAndSend(services, providerId, job, onStarted))
}

async function claimAndSend (
  shared: DeliverServices, providerId: string, { deliveries }: DeliverJob, onStarted: () => void
): Promise<void> {
  const { breakers, database, leaseMs, paces } = shared
  const provider = senderOf(shared, providerId)
  // These run before the claim, so that a failure leaves no claim behind.
  const [messages, admission] = await Promise.all([
    loadMessages(database, deliveries.map(([notificationId]) => notificationId)),
    admit(database, providerId, deliveries.length, shared.perSecond.get(providerId)),
    paces.refresh()
  ])
  const services = withRequestIds(shared, messages)
  if (admission.allowed < deliveries.length) {
    await enqueueWakeups(services, await postpone(database, providerId, deliveries.slice(admission.allowed), admission))
  }
  if (admission.allowed === 0) return
  const keys = deliveries.slice(0, admission.allowed)
  const { startedAt, claim: { id: claimId, claimed, wakes, missed } } = await claimOnce(
    services, providerId, (id) => claim(database, providerId, keys, leaseMs, id))
  await enqueueWakeups(services, wakes)
  const returning = missed.length === 0 ? undefined : returnMissed(services, providerId, missed)
  if (claimed.length > 0) {
    const { isProbe } = admission
    const own = isProbe ? claimed.map((one) => ({ ...one, probedHost: '' })) : claimed
    await sendBatch(services, { claimId, provider, kind: 'direct', messages, startedAt, claimed: own, onStarted })
  } else if (admission.isProbe) await breakers.releaseProbe(providerId, '')
  await returning
}

/** Gives deliveries whose rows were locked another job. */
async function returnMissed (services: DeliverServices, providerId: string, missed: DeliveryKey[]): Promise<void> {
  const { database, log } = services
  try {
    await enqueueWakeups(services, await clearMissed(database, providerId, missed))
  } catch (error) {
    log.warn({ err: error }, 'could not return deliveries that were locked; they wait for reconcile')
  }
}

export function senderOf ({ providers }: DeliverServices, id: string): Provider {
  const provider = providers.get(id)
  if (provider?.send === undefined) throw new Error(`Provider ${id} cannot send`)
  return provider
}
