import { openCredentials } from '@carillon/shared/connections'
import { deliveryKeyOf } from '@carillon/shared/notifications'
import { ProviderError } from '@carillon/shared/providers'
import type { Credentials, Message, Provider } from '@carillon/shared/providers'
import type { Claimed } from './claim.ts'
import type { DeliverServices } from './deliver.ts'
import { errorOutcome, parkedOutcome, sentOutcome } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import type { Settlement } from './settle.ts'

/**
 * Sends claimed deliveries of one batch. Credentials that are past their time are refreshed first, ones that the provider
 * calls expired once in between, and the message is sent again under the same key; when the refresh brings nothing, the
 * answer that asked for it is what counts.
 */
export function createSender (
  services: DeliverServices, provider: Provider, messages: Map<string, Message>, signal: AbortSignal
): (delivery: Claimed) => Promise<Settlement> {
  const { http, now, registrations, refresher, vault } = services
  const call = { http, now, registrations, signal }

  return async (delivery) => {
    if (delivery.isExpired && provider.refresh !== undefined) return sendRefreshed(delivery, now())
    const begunAt = now()
    try {
      const sealed = { id: delivery.connectionId, credentials: delivery.credentials }
      return { delivery, outcome: await send(delivery, openCredentials(vault, provider, sealed), begunAt) }
    } catch (error) {
      return isExpiry(error) ? sendRefreshed(delivery, begunAt, error) : failed(delivery, error, begunAt)
    }
  }

  async function sendRefreshed (delivery: Claimed, begunAt: number, original?: unknown): Promise<Settlement> {
    const { connectionId: id, credentialsVersion: seenVersion } = delivery
    const result = await refresher.refresh(provider, { id, seenVersion }, call)
    if (result.kind === 'dead') return { delivery, outcome: parkedOutcome(result.reason, original !== undefined) }
    if (result.kind === 'unavailable') {
      const error = original ?? new ProviderError({ kind: 'expired', reason: `could not refresh: ${result.reason}` }, provider.id)
      return failed(delivery, error, begunAt)
    }
    const { credentials, credentialsVersion } = result.fresh
    const renewed = { ...delivery, credentialsVersion }
    try {
      return { delivery: renewed, outcome: noteRefresh(await send(renewed, credentials, begunAt)) }
    } catch (error) {
      return failed(renewed, error, begunAt)
    }
  }

  async function send (delivery: Claimed, credentials: Credentials, begunAt: number): Promise<Outcome> {
    const message = messages.get(delivery.notificationId)
    if (provider.send === undefined || message === undefined) throw new Error('Nothing to send')
    const key = deliveryKeyOf(delivery.notificationId, delivery.connectionId)
    return sentOutcome(await provider.send(message, key, credentials, call), now() - begunAt)
  }

  function failed (delivery: Claimed, error: unknown, begunAt: number): Settlement {
    return { delivery, outcome: errorOutcome(error, delivery.attempts, now(), now() - begunAt) }
  }
}

function isExpiry (error: unknown): boolean {
  return error instanceof ProviderError && error.verdict.kind === 'expired'
}

function noteRefresh (outcome: Outcome): Outcome {
  return { ...outcome, event: { ...outcome.event, refresh: 'fresh' } }
}
