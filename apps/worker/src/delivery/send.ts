import { runWithRequestId } from '@carillon/shared/log'
import { moveConnection } from '@carillon/shared/connections'
import type { MovedAccount } from '@carillon/shared/connections'
import { openCredentials, withTarget } from '@carillon/shared/grants'
import type { RefreshResult } from '@carillon/shared/grants'
import {
  deliveryKeyOf, endLasting, errorOutcome, expiredOutcome, parkedOutcome, refreshLimitedOutcome, sealSeenToken, sentOutcome,
  waitOutcome
} from '@carillon/shared/deliveries'
import { ProviderError } from '@carillon/shared/providers'
import type { Credentials, Provider, Receipt, RequestContext } from '@carillon/shared/providers'
import type { Failure } from '@carillon/http'
import type { Claimed, Outcome, Settlement } from '@carillon/shared/deliveries'
import type { Slot } from '../concurrency/host-gate.ts'
import { signalOf } from '../concurrency/signal-of.ts'
import type { DeliverServices } from './deliver-services.ts'
import type { DueMessages } from './load-messages.ts'
import { hasChosenHosts, ownHostsOf } from './provider-hosts.ts'
import { healthOf } from '@carillon/shared/throttling'
import type { Block } from '@carillon/shared/throttling'

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
  services: DeliverServices, provider: Provider, messages: DueMessages, { signal, startedAt }: SendingBatch
): (delivery: Claimed, slot: Slot) => Promise<Settlement> {
  const { breakers, database, fileStore, http, limiter, log, now, paces, refresher, registrations, vault } = services
  const context = { http, now, registrations, signal }
  const ownHosts = ownHostsOf(provider)
  const hasHealthPerHost = hasChosenHosts(provider)

  return async (delivery, slot) => {
    const attemptStartedAt = performance.now()
    if (delivery.isExpired && provider.refresh !== undefined) {
      const result = await asRequest(delivery, () => refresher.refresh(provider, toRefreshRequest(delivery), context))
      // Without a refresh token, the credentials may work until the provider refuses them.
      if (result.kind !== 'unrefreshable') return renew(delivery, slot, attemptStartedAt, result)
    }
    try {
      const { connectionId: id, grantId, credentials, target } = delivery
      const sealed = { id, grantId, credentials, target }
      return { delivery, outcome: await send(delivery, slot, openCredentials(vault, provider, sealed), attemptStartedAt) }
    } catch (error) {
      if (isOf('expired', error)) {
        const refused = { ...toRefreshRequest(delivery), refused: error.failure.reason }
        const result = await asRequest(delivery, () => refresher.refresh(provider, refused, context))
        return renew(delivery, slot, attemptStartedAt, result, error)
      }
      const newer = isOf('unauthorized', error)
        ? await asRequest(delivery, () => refresher.newer(provider, toRefreshRequest(delivery), context))
        : undefined
      // Another process may have rotated these credentials. If it did not, the provider's error counts.
      if (newer === undefined || newer.kind === 'dead') return await failed(delivery, error, attemptStartedAt)
      return renew(delivery, slot, attemptStartedAt, newer)
    }
  }

  /** The log lines of `run` name the request that the delivery stems from. */
  function asRequest<Result> ({ notificationId }: Claimed, run: () => Result): Result {
    return runWithRequestId(messages.get(notificationId)?.requestId ?? null, run)
  }

  async function renew (
    delivery: Claimed, slot: Slot, attemptStartedAt: number, result: RefreshResult, original?: unknown
  ): Promise<Settlement> {
    if (result.kind === 'unrefreshable') throw new Error('The refresher returned no decision about refused credentials')
    if (result.kind === 'dead') return { delivery, outcome: parkedOutcome(result.reason, original !== undefined) }
    if (result.kind === 'misconfigured') return await failed(delivery, new ProviderError(result.failure, provider.id), attemptStartedAt)
    if (result.kind === 'unavailable') {
      if (result.retryAt !== undefined) return { delivery, outcome: refreshLimitedOutcome(result.retryAt) }
      const error = original ?? new ProviderError({ kind: 'expired', reason: `could not refresh: ${result.reason}` }, provider.id)
      return await failed(delivery, error, attemptStartedAt)
    }
    const { credentials, credentialsVersion } = result.fresh
    const renewed = { ...delivery, credentialsVersion }
    try {
      const own = withTarget(vault, provider, credentials, { id: delivery.connectionId, target: delivery.target })
      return { delivery: renewed, outcome: withRefresh(await send(renewed, slot, own, attemptStartedAt)) }
    } catch (error) {
      return await failed(renewed, error, attemptStartedAt)
    }
  }

  async function send (delivery: Claimed, slot: Slot, credentials: Credentials, attemptStartedAt: number): Promise<Outcome> {
    const message = messages.get(delivery.notificationId)?.message
    if (provider.send === undefined || message === undefined) throw new Error('Nothing to send')
    if (delivery.expiresInMs !== null && performance.now() - startedAt >= delivery.expiresInMs) {
      if (delivery.probedHost !== null) await breakers.releaseProbe(provider.id, delivery.probedHost)
      return expiredOutcome()
    }
    const key = deliveryKeyOf(delivery.notificationId, delivery.connectionId)
    let moved: MovedAccount | undefined
    // Written out, because to spread `context` takes a hundred times as long. tsx names each function that is the value of a
    // property, which takes longer than to create it, but no method.
    const own: RequestContext = {
      http,
      now,
      registrations,
      signal,
      unsubscribeUrl () { return services.unsubscribeLinks.urlOf(delivery.connectionId) },
      onMoved (credentials, accountId) { moved = { credentials, accountId } },
      seenToken () { return sealSeenToken(vault, [delivery.notificationId, delivery.connectionId]) },
      async beforeRequest () { assertNotBlocked(delivery) },
      onNearLimit ({ scope, retryAt }) {
        if (scope !== 'connection') breakers.recordLimit(provider.id, scope === 'host' ? delivery.host : '', retryAt)
      }
    }
    if (message.file !== undefined) own.files = { store: fileStore, key: delivery.notificationId }
    const sentAt = limiter.now()
    let receipt: Receipt
    try {
      receipt = await provider.send(message, key, credentials, own)
    } catch (error) {
      const signal = signalOf(error, hasHealthPerHost ? [delivery.host] : ownHosts, hasHealthPerHost)
      if (signal !== undefined) slot.record(signal, sentAt)
      throw error
    }
    slot.record('completed', sentAt)
    paces.noteSent(provider.id, delivery.host)
    if (moved !== undefined) await storeMoved(delivery, moved)
    if (delivery.probedHost !== null) await endProbe(delivery.probedHost)
    else breakers.note(provider.id, healthHostOf(delivery), 'well', '')
    return sentOutcome(receipt, Math.round(performance.now() - attemptStartedAt), delivery.streak)
  }

  /** The message is sent, so an error of the database must not make the delivery fail. Another probe ends the pause then. */
  async function endProbe (host: string): Promise<void> {
    await breakers.endProbe(provider.id, host, 'well', '')
      .catch((error: unknown) => log.warn({ err: error, provider: provider.id }, 'could not store the result of a probe'))
  }

  /** A limit may be learned while the client waits for a connection. */
  function assertNotBlocked ({ host, probedHost }: Claimed): void {
    const block = probedHost === null ? breakers.findBlock(provider.id, host) : undefined
    if (block !== undefined) throw new BlockedError(block)
  }

  /** Without the new address, the provider moves the next message again. */
  async function storeMoved (delivery: Claimed, moved: MovedAccount): Promise<void> {
    await moveConnection(database, vault, delivery, moved)
      .catch((error: unknown) => log.warn({ err: error, connectionId: delivery.connectionId }, 'could not store a new address'))
  }

  async function failed (delivery: Claimed, original: unknown, attemptStartedAt: number): Promise<Settlement> {
    if (original instanceof BlockedError) return { delivery, outcome: waitOutcome(original.block.until, original.block.reason) }
    const error = endLasting(original, delivery.streak)
    const outcome = errorOutcome(error, delivery.attempts, now(), Math.round(performance.now() - attemptStartedAt))
    const { host, probedHost } = delivery
    const failure = error instanceof ProviderError ? error.failure : undefined
    const reason = failure?.reason ?? outcome.reason ?? ''
    if (failure?.kind === 'rateLimited' && failure.scope !== undefined && failure.scope !== 'connection') {
      const limited = failure.scope === 'host' ? host : ''
      breakers.recordLimit(provider.id, limited, failure.retryAt)
      paces.noteLimit(provider.id, limited, failure.retryAt)
    }
    if (failure?.kind === 'misconfigured' && failure.scope === 'connection') {
      log.error({ provider: provider.id, host, connectionId: delivery.connectionId, reason }, 'the provider refuses this deployment for a connection, whose messages wait')
      if (probedHost !== null) await breakers.releaseProbe(provider.id, probedHost)
      return { delivery, outcome }
    }
    if (failure?.kind === 'misconfigured') {
      const paused = failure.scope === 'host' ? host : ''
      breakers.pause(provider.id, paused, reason)
      if (probedHost !== null && probedHost !== paused) await breakers.releaseProbe(provider.id, probedHost)
      return { delivery, outcome: waitFor(delivery, outcome) }
    }
    const health = healthOf(error, hasHealthPerHost ? [host] : [...ownHosts])
    if (probedHost === null) {
      if (health !== undefined) breakers.note(provider.id, healthHostOf(delivery), health, reason)
      return { delivery, outcome }
    }
    if (health === undefined) await breakers.releaseProbe(provider.id, probedHost)
    else await breakers.endProbe(provider.id, probedHost, health, reason)
    return { delivery, outcome: health === 'failing' && outcome.refusal === null ? waitFor(delivery, outcome) : outcome }
  }

  /** The delivery waits as long as its provider or its host. */
  function waitFor ({ host }: Claimed, outcome: Outcome): Outcome {
    const block = breakers.findBlock(provider.id, host)
    return block === undefined ? outcome : { ...waitOutcome(block.until, block.reason), streak: outcome.streak }
  }

  function healthHostOf ({ host }: Claimed): string {
    return hasHealthPerHost ? host : ''
  }
}

class BlockedError extends Error {
  override readonly name = 'BlockedError'
  readonly block: Block

  constructor (block: Block) {
    super(block.reason)
    this.block = block
  }
}

function isOf (kind: Failure['kind'], error: unknown): error is ProviderError {
  return error instanceof ProviderError && error.failure.kind === kind
}

function toRefreshRequest ({ grantId, credentialsVersion: seenVersion }: Claimed): { grantId: string, seenVersion: number } {
  return { grantId, seenVersion }
}

function withRefresh (outcome: Outcome): Outcome {
  return { ...outcome, event: { ...outcome.event, refresh: 'fresh' } }
}
