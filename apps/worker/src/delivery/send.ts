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
  /** When the claim of the batch was requested, by `performance.now()`. */
  startedAt: number
}

/**
 * Returns a function that sends a delivery. It refreshes expired credentials before or after the request, and then sends the
 * message again under the same key. Without a refresh, the provider's first error counts.
 */
export function createSender (
  services: DeliverServices, provider: Provider, messages: Map<string, Message>, { signal, startedAt }: SendingBatch
): (delivery: Claimed) => Promise<Settlement> {
  const { breakers, fileStore, http, now, registrations, refresher, vault } = services
  const context = { http, now, registrations, signal }
  const ownHosts = provider.origins.map((origin) => new URL(origin).host)

  return async (delivery) => {
    const attemptStartedAt = performance.now()
    if (delivery.isExpired && provider.refresh !== undefined) {
      const result = await refresher.refresh(provider, toRefreshRequest(delivery), context)
      // Without a refresh token, the credentials may work until the provider refuses them.
      if (result.kind !== 'unrefreshable') return renew(delivery, attemptStartedAt, result)
    }
    try {
      const sealed = { id: delivery.connectionId, credentials: delivery.credentials }
      return { delivery, outcome: await send(delivery, openCredentials(vault, provider, sealed), attemptStartedAt) }
    } catch (error) {
      if (isOf('expired', error)) {
        const refused = { ...toRefreshRequest(delivery), refused: error.failure.reason }
        return renew(delivery, attemptStartedAt, await refresher.refresh(provider, refused, context), error)
      }
      const newer = isOf('unauthorized', error) ? await refresher.newer(provider, toRefreshRequest(delivery), context) : undefined
      // Another process may have rotated these credentials. If it did not, the provider's error counts.
      return newer === undefined || newer.kind === 'dead' ? await failed(delivery, error, attemptStartedAt) : renew(delivery, attemptStartedAt, newer)
    }
  }

  async function renew (
    delivery: Claimed, attemptStartedAt: number, result: RefreshResult, original?: unknown
  ): Promise<Settlement> {
    if (result.kind === 'unrefreshable') throw new Error('The refresher returned no decision about refused credentials')
    if (result.kind === 'dead') return { delivery, outcome: parkedOutcome(result.reason, original !== undefined) }
    if (result.kind === 'unavailable') {
      if (result.retryAt !== undefined) return { delivery, outcome: refreshLimitedOutcome(result.retryAt) }
      const error = original ?? new ProviderError({ kind: 'expired', reason: `could not refresh: ${result.reason}` }, provider.id)
      return await failed(delivery, error, attemptStartedAt)
    }
    const { credentials, credentialsVersion } = result.fresh
    const renewed = { ...delivery, credentialsVersion }
    try {
      return { delivery: renewed, outcome: withRefresh(await send(renewed, credentials, attemptStartedAt)) }
    } catch (error) {
      return await failed(renewed, error, attemptStartedAt)
    }
  }

  async function send (delivery: Claimed, credentials: Credentials, attemptStartedAt: number): Promise<Outcome> {
    const message = messages.get(delivery.notificationId)
    if (provider.send === undefined || message === undefined) throw new Error('Nothing to send')
    if (delivery.expiresInMs !== null && performance.now() - startedAt >= delivery.expiresInMs) {
      if (delivery.isProbe) await breakers.giveBackProbe(provider.id, delivery.host)
      return expiredOutcome()
    }
    const key = deliveryKeyOf(delivery.notificationId, delivery.connectionId)
    const receipt = await provider.send(message, key, credentials, message.file === undefined
      ? context
      : { ...context, files: { store: fileStore, key: delivery.notificationId } })
    if (delivery.isProbe) await breakers.endProbe(provider.id, delivery.host, 'well', '')
    else breakers.note(provider.id, delivery.host, 'well', '')
    return sentOutcome(receipt, Math.round(performance.now() - attemptStartedAt))
  }

  async function failed (delivery: Claimed, error: unknown, attemptStartedAt: number): Promise<Settlement> {
    const outcome = errorOutcome(error, delivery.attempts, now(), Math.round(performance.now() - attemptStartedAt))
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
    const blocked = breakers.closed(provider.id, host)
    return { delivery, outcome: health === 'failing' && blocked !== undefined ? waitOutcome(blocked.until, blocked.reason) : outcome }
  }
}

function isOf (kind: Failure['kind'], error: unknown): error is ProviderError {
  return error instanceof ProviderError && error.failure.kind === kind
}

function toRefreshRequest ({ connectionId: id, credentialsVersion: seenVersion }: Claimed): { id: string, seenVersion: number } {
  return { id, seenVersion }
}

function withRefresh (outcome: Outcome): Outcome {
  return { ...outcome, event: { ...outcome.event, refresh: 'fresh' } }
}
