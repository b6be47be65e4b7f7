import type { Database } from '@carillon/shared/db'
import type { DeliverJob } from '@carillon/shared/deliveries'
import type { Provider } from '@carillon/shared/providers'
import { admit } from '@carillon/shared/throttling'
import { enqueueWakeups, sendBatch } from './batch.ts'
import type { DueMessage } from './send.ts'
import { claimOnce } from './claim-once.ts'
import { claim, postpone } from '@carillon/shared/deliveries'
import type { DeliverServices } from './deliver-services.ts'

/** Claims, sends and settles one batch. Postpones the deliveries that the provider may not get now. */
export async function deliver (services: DeliverServices, providerId: string, { deliveries }: DeliverJob): Promise<void> {
  const { breakers, database, leaseMs } = services
  const provider = senderOf(services, providerId)
  // These run before the claim, so that a failure leaves no claim behind.
  const [messages, admission] = await Promise.all([
    loadMessages(database, deliveries.map(([notificationId]) => notificationId)),
    admit(database, providerId, deliveries.length, services.perSecond.get(providerId))
  ])
  if (admission.allowed < deliveries.length) {
    await enqueueWakeups(services, await postpone(database, providerId, deliveries.slice(admission.allowed), admission))
  }
  if (admission.allowed === 0) return
  const keys = deliveries.slice(0, admission.allowed)
  const { startedAt, claim: { id: claimId, claimed, wakes } } = await claimOnce(
    services, providerId, (id) => claim(database, providerId, keys, leaseMs, id))
  await enqueueWakeups(services, wakes)
  if (claimed.length > 0) {
    const { isProbe } = admission
    const own = isProbe ? claimed.map((one) => ({ ...one, probedHost: '' })) : claimed
    await sendBatch(services, { claimId, provider, messages, startedAt, claimed: own })
  } else if (admission.isProbe) await breakers.releaseProbe(providerId, '')
}

export function senderOf ({ providers }: DeliverServices, id: string): Provider {
  const provider = providers.get(id)
  if (provider?.send === undefined) throw new Error(`Provider ${id} cannot send`)
  return provider
}

export async function loadMessages ({ sql }: Database, notificationIds: string[]): Promise<Map<string, DueMessage>> {
  const ids = [...new Set(notificationIds)]
  const rows = await sql<Array<DueMessage & { id: string }>>`
    select id, message, extract(epoch from coalesce(send_at, created_at))::float8 * 1000 as "dueAt" from notifications where id = any (${ids}::uuid[])`
  return new Map(rows.map(({ id, message, dueAt }) => [id, { message, dueAt }]))
}
