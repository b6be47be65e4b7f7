import { openCredentials } from '@carillon/shared/connections'
import type { RefreshResult } from '@carillon/shared/connections'
import {
  deliveryKeyOf, errorOutcome, expiredOutcome, parkedOutcome, refreshLimitedOutcome, sentOutcome, waitOutcome
} from '@carillon/shared/deliveries'
import { ProviderError } from '@carillon/shared/providers'
import type { Credentials, Message, Provider } from '@carillon/shared/providers'
import type { Failure } from '@carillon/http'
import type { Claimed, Outcome, Settlement } from '@carillon/shared/deliveries'
import type { DeliverServices } from './deliver-services.ts'
import { healthOf } from '@carillon/shared/throttling'

export interface SendingBatch {
  signal: AbortSignal
  /** When the batch was claimed, by `performance.now()`. */
  startedAt: number
}

/**
 * Sends claimed deliveries of one batch. Credentials that are past their time are refreshed first, ones that the provider
 * calls expired once in between, and the message is sent again under the same key; when the refresh brings nothing, the
 * answer that asked for it is what counts. Ones that it does not know may have been rotated away by somebody else.
 */
export function createSender (
  services: DeliverServices, provider: Provider, messages: Map<string, Message>, { signal, startedAt }: SendingBatch
): (delivery: Claimed) => Promise<Settlement> {
  const { breakers, fileStore, http, now, registrations, refresher, vault } = services
  const call = { http, now, registrations, signal }
  const ownHosts = provider.origins.map((origin) => new URL(origin).host)

  return async (delivery) => {
    const begunAt = performance.now()
    if (delivery.isExpired && provider.refresh !== undefined) {
      const result = await refresher.refresh(provider, seenOf(delivery), call)
      // Without a refresh token the credentials are good until the provider refuses them.
      if (result.kind !== 'unrefreshable') return renew(delivery, begunAt, result)
    }
    try {
      const sealed = { id: delivery.connectionId, credentials: delivery.credentials }
      return { delivery, outcome: await send(delivery, openCredentials(vault, provider, sealed), begunAt) }
    } catch (error) {
      if (isOf('expired', error)) {
        const refused = { ...seenOf(delivery), refused: error.failure.reason }
        return renew(delivery, begunAt, await refresher.refresh(provider, refused, call), error)
      }
      const newer = isOf('unauthorized', error) ? await refresher.newer(provider, seenOf(delivery), call) : undefined
      // What the provider has said of them is what counts when nobody brings any.
      return newer === undefined || newer.kind === 'dead' ? await failed(delivery, error, begunAt) : renew(delivery, begunAt, newer)
    }
  }

  async function renew (
    delivery: Claimed, begunAt: number, result: RefreshResult, original?: unknown
  ): Promise<Settlement> {
    if (result.kind === 'unrefreshable') throw new Error('Credentials that the provider refused can be refreshed, or are dead')
    if (result.kind === 'dead') return { delivery, outcome: parkedOutcome(result.reason, original !== undefined) }
    if (result.kind === 'unavailable') {
      if (result.retryAt !== undefined) return { delivery, outcome: refreshLimitedOutcome(result.retryAt) }
      const error = original ?? new ProviderError({ kind: 'expired', reason: `could not refresh: ${result.reason}` }, provider.id)
      return await failed(delivery, error, begunAt)
    }
    const { credentials, credentialsVersion } = result.fresh
    const renewed = { ...delivery, credentialsVersion }
    try {
      return { delivery: renewed, outcome: noteRefresh(await send(renewed, credentials, begunAt)) }
    } catch (error) {
      return await failed(renewed, error, begunAt)
    }
  }

  async function send (delivery: Claimed, credentials: Credentials, begunAt: number): Promise<Outcome> {
    const message = messages.get(delivery.notificationId)
    if (provider.send === undefined || message === undefined) throw new Error('Nothing to send')
    if (delivery.expiresInMs !== null && performance.now() - startedAt >= delivery.expiresInMs) {
      if (delivery.isProbe) await breakers.giveBackProbe(provider.id, delivery.host)
      return expiredOutcome()
    }
    const key = deliveryKeyOf(delivery.notificationId, delivery.connectionId)
    const receipt = await provider.send(message, key, credentials, message.file === undefined
      ? call
      : { ...call, files: { store: fileStore, key: delivery.notificationId } })
    if (delivery.isProbe) await breakers.endProbe(provider.id, delivery.host, 'well', '')
    else breakers.note(provider.id, delivery.host, 'well', '')
    return sentOutcome(receipt, Math.round(performance.now() - begunAt))
  }

  async function failed (delivery: Claimed, error: unknown, begunAt: number): Promise<Settlement> {
    const outcome = errorOutcome(error, delivery.attempts, now(), Math.round(performance.now() - begunAt))
    const { host, isProbe } = delivery
    const health = healthOf(error, host === '' ? ownHosts : [host])
    const reason = outcome.reason ?? ''
    if (error instanceof ProviderError && error.failure.kind === 'rateLimited' && error.failure.scope === 'host') {
      breakers.silence(provider.id, host, error.failure.retryAt)
    }
    if (!isProbe) {
      if (health !== undefined) breakers.note(provider.id, host, health, reason)
      return { delivery, outcome }
    }
    if (health === undefined) await breakers.giveBackProbe(provider.id, host)
    else await breakers.endProbe(provider.id, host, health, reason)
    const closed = breakers.closed(provider.id, host)
    return { delivery, outcome: health === 'failing' && closed !== undefined ? waitOutcome(closed.until, closed.reason) : outcome }
  }
}

function isOf (kind: Failure['kind'], error: unknown): error is ProviderError {
  return error instanceof ProviderError && error.failure.kind === kind
}

function seenOf ({ connectionId: id, credentialsVersion: seenVersion }: Claimed): { id: string, seenVersion: number } {
  return { id, seenVersion }
}

function noteRefresh (outcome: Outcome): Outcome {
  return { ...outcome, event: { ...outcome.event, refresh: 'fresh' } }
}
