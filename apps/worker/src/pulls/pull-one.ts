import { findSealed } from '@carillon/shared/connections'
import { markNeedsReauth, openCredentials } from '@carillon/shared/grants'
import type { FreshCredentials } from '@carillon/shared/grants'
import { isTooMuch, ProviderError } from '@carillon/shared/providers'
import type { RequestContext, Credentials, Provider, Pull } from '@carillon/shared/providers'
import {
  accountsToRead, accountWaitMs, endAccount, endListing, endPull, limitAccount, PullLeaseLostError, removeOtherDays, renewPull,
  storeAccounts, storeDays
} from '@carillon/shared/pulls'
import type { AccountToRead, PullEnd, TakenPull } from '@carillon/shared/pulls'
import { healthOf } from '@carillon/shared/throttling'
import { misconfiguredWaitMs, retryDelayMs } from '@carillon/shared/deliveries'
import { daysToRead, halve, todayIn } from './days.ts'
import type { DayRange } from './days.ts'
import { ProviderBlockedError } from './gate.ts'
import type { Gate } from './gate.ts'
import type { PullServices } from './pull-services.ts'

/** The failures of some accounts while the others were read. */
interface AccountFailures {
  retryAt: number | undefined
  failure: string | undefined
  /** Whether a failure is temporary, so that the round continues with those accounts. */
  mayPass: boolean
}

/** Reads the data of one connection and stores the result. Rejects only when the result cannot be stored. */
export async function pullOne (
  services: PullServices, provider: Provider, pull: Pull, gate: Gate, taken: TakenPull, signal: AbortSignal
): Promise<void> {
  const { database, log } = services
  try {
    const end = await attempt(services, provider, pull, gate, taken, signal)
    await endPull(database, taken, end)
    services.metrics.countPull(provider.id, end.kind)
    const { connectionId } = taken
    log.info({ connectionId, provider: provider.id, outcome: end.kind, reason: end.kind === 'done' ? undefined : end.reason }, 'pulled')
  } catch (error) {
    if (!(error instanceof PullLeaseLostError)) throw error
    log.info({ connectionId: taken.connectionId, provider: provider.id }, 'another worker has taken this pull')
  }
}

async function attempt (
  services: PullServices, provider: Provider, pull: Pull, gate: Gate, taken: TakenPull, signal: AbortSignal
): Promise<PullEnd> {
  const { breakers, database, http, now, pace, refresher, registrations, vault } = services
  const host = new URL(provider.origins[0] ?? 'http://provider.invalid').host
  let admission: 'open' | 'probe' | undefined
  let grantId = ''
  const context: RequestContext = {
    http,
    now,
    registrations,
    signal,
    beforeRequest: async () => {
      await reportHealth(undefined)
      admission = await gate.enter()
    },
    onUsage: gate.recordUsage,
    onNearLimit: ({ scope, retryAt }) => { if (scope === 'host') breakers.recordLimit(provider.id, '', retryAt) }
  }

  try {
    await renewPull(database, taken)
    const sealed = await findSealed(database, taken.connectionId)
    if (sealed === undefined) throw new PullLeaseLostError('the connection is closed')
    const { credentialsVersion } = sealed
    grantId = sealed.grantId
    const first: FreshCredentials = { credentials: openCredentials(vault, provider, sealed), credentialsVersion }
    const failures = await readAll(first.credentials).catch(async (error: unknown) => {
      const newer = await refreshed(error, first)
      if (newer === undefined) throw error
      return await readAll(newer.credentials).catch((refusal: unknown) => markRefused(refusal, newer))
    })
    await reportHealth(undefined)
    return endOf(failures)
  } catch (error) {
    await reportHealth(error)
    return endOfError(error)
  }

  async function readAll (credentials: Credentials): Promise<AccountFailures> {
    const failures: AccountFailures = { retryAt: undefined, failure: undefined, mayPass: false }
    const accounts = await accountsToRead(database, taken) ?? await list(credentials, failures)
    for (const account of accounts) {
      try {
        await readAccount(account, credentials)
      } catch (error) {
        await reportHealth(error)
        await recordFailure(failures, account, error)
      }
    }
    return failures
  }

  async function list (credentials: Credentials, failures: AccountFailures): Promise<AccountToRead[]> {
    let unreadable = 0
    for await (const page of pull.accounts(credentials, context)) {
      await storeAccounts(database, taken, page.items)
      unreadable += page.unreadable
    }
    if (unreadable > 0) failures.failure = `unreadable accounts in the list: ${unreadable}`
    await endListing(database, taken)
    return await accountsToRead(database, taken) ?? []
  }

  async function readAccount ({ accountId, timezone, pulledTo }: AccountToRead, credentials: Credentials): Promise<void> {
    let restUntil = now() + await accountWaitMs(database, taken, accountId)
    const ofAccount: RequestContext = {
      ...context,
      beforeRequest: async () => {
        if (restUntil > now()) throw limited(restUntil)
        await context.beforeRequest?.()
      },
      onNearLimit: (rest) => {
        if (rest.scope === 'connection') restUntil = rest.retryAt
        context.onNearLimit?.(rest)
      }
    }
    const today = todayIn(timezone, now())
    const ranges = daysToRead(today, pulledTo, pace)
    let unreadable = 0
    for (let range = ranges.shift(); range !== undefined; range = ranges.shift()) {
      const read = await readDays(accountId, range, credentials, ofAccount)
      ranges.unshift(...read.instead)
      unreadable += read.unreadable
    }
    if (unreadable > 0) throw new ProviderError({ kind: 'malformed', reason: `unreadable days: ${unreadable}` }, host)
    await endAccount(database, taken, accountId, today)
    if (restUntil > now()) await limitAccount(database, provider.id, accountId, restUntil - now())
  }

  /**
   * Stores a range of days, and removes those that the provider no longer has. If the range is too large, returns its halves
   * instead. A single day is never halved.
   */
  async function readDays (
    accountId: string, range: DayRange, credentials: Credentials, ofAccount: RequestContext
  ): Promise<{ instead: DayRange[], unreadable: number }> {
    const days: string[] = []
    let unreadable = 0
    try {
      for await (const page of pull.days(accountId, range, credentials, ofAccount)) {
        await storeDays(database, taken, accountId, page.items)
        days.push(...page.items.map(({ day }) => day))
        unreadable += page.unreadable
      }
    } catch (error) {
      const halves = isTooMuch(error) ? halve(range) : undefined
      if (halves === undefined) throw error
      // The provider may take long to refuse a large range, so the lease is renewed.
      await renewPull(database, taken)
      return { instead: halves, unreadable: 0 }
    }
    // An unreadable day still has figures at the provider, so it is kept.
    if (unreadable === 0) await removeOtherDays(database, taken, accountId, { ...range, days })
    return { instead: [], unreadable }
  }

  function limited (retryAt: number): ProviderError {
    const reason = 'the ad account has nearly reached its limit'
    return new ProviderError({ kind: 'rateLimited', reason, retryAt, scope: 'connection' }, host)
  }

  /**
   * Records a failure of one account, so that the others are still read, and rethrows everything else. When the provider itself
   * fails, its breaker ends the round.
   */
  async function recordFailure (failures: AccountFailures, { accountId }: AccountToRead, error: unknown): Promise<void> {
    if (!(error instanceof ProviderError) || signal.aborted) throw error
    const { failure } = error
    if (failure.kind === 'rateLimited' && failure.scope !== 'host') {
      await limitAccount(database, provider.id, accountId, Math.max(0, failure.retryAt - now()))
      failures.retryAt = Math.min(failures.retryAt ?? Infinity, failure.retryAt)
    } else if (failure.kind === 'transient' || failure.kind === 'malformed') {
      failures.failure = `${accountId}: ${failure.reason}`
      failures.mayPass = true
    } else if (failure.kind === 'rejected') {
      failures.failure ??= `${accountId}: ${failure.reason}`
    } else throw error
  }

  async function refreshed (error: unknown, used: FreshCredentials): Promise<FreshCredentials | undefined> {
    const isDead = error instanceof ProviderError && ['expired', 'unauthorized'].includes(error.failure.kind)
    if (!isDead) return undefined
    const result = await refresher.refresh(provider, { grantId, seenVersion: used.credentialsVersion }, context)
    if (result.kind === 'misconfigured') throw new ProviderError(result.failure, host)
    return result.kind === 'fresh' ? result.fresh : undefined
  }

  /** If the refreshed token is refused too, only the user can fix it. The user may have withdrawn access to the data. */
  async function markRefused (error: unknown, { credentialsVersion }: FreshCredentials): Promise<never> {
    if (error instanceof ProviderError && error.failure.kind === 'unauthorized') {
      await markNeedsReauth(database, { grantId, credentialsVersion, reason: error.failure.reason })
    }
    throw error
  }

  function endOf ({ retryAt, failure, mayPass }: AccountFailures): PullEnd {
    const { everyMs } = pace
    if (failure !== undefined && mayPass) return { kind: 'failed', reason: failure, delayMs: retryDelayMs(taken.attempts + 1), everyMs }
    if (retryAt !== undefined) return { kind: 'later', reason: 'rateLimited', delayMs: Math.max(0, retryAt - now()) }
    return failure === undefined ? { kind: 'done', everyMs } : { kind: 'failed', reason: failure, delayMs: undefined, everyMs }
  }

  function endOfError (error: unknown): PullEnd {
    const { everyMs } = pace
    if (error instanceof PullLeaseLostError) throw error
    if (error instanceof ProviderBlockedError) return { kind: 'later', reason: error.reason, delayMs: Math.max(0, error.until - now()) }
    if (signal.aborted) return { kind: 'later', reason: 'workerStopped', delayMs: 0 }
    if (!(error instanceof ProviderError)) {
      services.log.error({ err: error, connectionId: taken.connectionId }, 'a pull failed')
      return { kind: 'failed', reason: 'internal error', delayMs: retryDelayMs(taken.attempts + 1), everyMs }
    }
    const { failure } = error
    if (failure.kind === 'rateLimited') {
      if (failure.scope === 'host') breakers.recordLimit(provider.id, '', failure.retryAt)
      return { kind: 'later', reason: 'rateLimited', delayMs: Math.max(0, failure.retryAt - now()) }
    }
    if (failure.kind === 'misconfigured') {
      breakers.pause(provider.id, '', failure.reason)
      return { kind: 'later', reason: 'misconfigured', delayMs: misconfiguredWaitMs }
    }
    const mayPass = failure.kind === 'transient' || failure.kind === 'malformed'
    return { kind: 'failed', reason: failure.reason, delayMs: mayPass ? retryDelayMs(taken.attempts + 1) : undefined, everyMs }
  }

  /** Reports the result of the last request to the breaker, if there was one. */
  async function reportHealth (error: unknown): Promise<void> {
    if (admission === undefined) return
    const isProbe = admission === 'probe'
    admission = undefined
    gate.leave()
    // The provider is paused instead, which also ends the probe.
    if (error instanceof ProviderError && error.failure.kind === 'misconfigured') return
    const health = error === undefined ? 'well' : healthOf(error, [host])
    const reason = error instanceof ProviderError ? error.failure.reason : ''
    if (!isProbe && health !== undefined) breakers.note(provider.id, '', health, reason)
    else if (isProbe && health !== undefined) await breakers.endProbe(provider.id, '', health, reason)
    else if (isProbe) await breakers.releaseProbe(provider.id, '')
  }
}
