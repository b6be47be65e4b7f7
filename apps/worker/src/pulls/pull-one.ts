import { findSealed, markNeedsReauth, openCredentials } from '@carillon/shared/connections'
import type { FreshCredentials } from '@carillon/shared/connections'
import { isTooMuch, ProviderError } from '@carillon/shared/providers'
import type { RequestContext, Credentials, Provider, Pull } from '@carillon/shared/providers'
import {
  accountsToRead, accountWaitMs, endAccount, endListing, endPull, limitAccount, PullLost, removeOtherDays, renewPull,
  storeAccounts, storeDays
} from '@carillon/shared/pulls'
import type { AccountToRead, PullEnd, TakenPull } from '@carillon/shared/pulls'
import { healthOf } from '@carillon/shared/throttling'
import { retryDelayMs } from '@carillon/shared/deliveries'
import { daysToRead, halve, todayIn } from './days.ts'
import type { DayRange } from './days.ts'
import { Closed } from './gate.ts'
import type { Gate } from './gate.ts'
import type { PullServices } from './pull-services.ts'

/** What stood in the way of some accounts while the others were read. */
interface Obstacles {
  retryAt: number | undefined
  failure: string | undefined
  /** Whether one of the failures may pass, so that the round goes on with those accounts. */
  mayPass: boolean
}

/** Reads what one connection has to tell and says how that went. Rejects only when that could not be written down. */
export async function pullOne (
  services: PullServices, provider: Provider, pull: Pull, gate: Gate, taken: TakenPull, signal: AbortSignal
): Promise<void> {
  const { database, log } = services
  try {
    const end = await attempt(services, provider, pull, gate, taken, signal)
    await endPull(database, taken, end)
    const { connectionId } = taken
    log.info({ connectionId, provider: provider.id, outcome: end.kind, reason: end.kind === 'done' ? undefined : end.reason }, 'pulled')
  } catch (error) {
    if (!(error instanceof PullLost)) throw error
    log.info({ connectionId: taken.connectionId, provider: provider.id }, 'somebody else pulls by now')
  }
}

async function attempt (
  services: PullServices, provider: Provider, pull: Pull, gate: Gate, taken: TakenPull, signal: AbortSignal
): Promise<PullEnd> {
  const { breakers, database, http, now, pace, refresher, registrations, vault } = services
  const host = new URL(provider.origins[0] ?? 'http://provider.invalid').host
  let asked: 'open' | 'probe' | undefined
  const call: RequestContext = {
    http,
    now,
    registrations,
    signal,
    beforeRequest: async () => {
      await conclude(undefined)
      asked = await gate.enter()
    },
    onUsage: gate.told,
    onNearLimit: ({ scope, retryAt }) => { if (scope === 'host') breakers.silence(provider.id, '', retryAt) }
  }

  try {
    await renewPull(database, taken)
    const sealed = await findSealed(database, taken.connectionId)
    if (sealed === undefined) throw new PullLost('the connection is closed')
    const { credentialsVersion } = sealed
    const first: FreshCredentials = { credentials: openCredentials(vault, provider, sealed), credentialsVersion }
    const obstacles = await readAll(first.credentials).catch(async (error: unknown) => {
      const newer = await refreshed(error, first)
      if (newer === undefined) throw error
      return await readAll(newer.credentials).catch((again: unknown) => giveUp(again, newer))
    })
    await conclude(undefined)
    return endOf(obstacles)
  } catch (error) {
    await conclude(error)
    return endOfError(error)
  }

  async function readAll (credentials: Credentials): Promise<Obstacles> {
    const obstacles: Obstacles = { retryAt: undefined, failure: undefined, mayPass: false }
    const accounts = await accountsToRead(database, taken) ?? await list(credentials, obstacles)
    for (const account of accounts) {
      try {
        await readAccount(account, credentials)
      } catch (error) {
        await conclude(error)
        await note(obstacles, account, error)
      }
    }
    return obstacles
  }

  async function list (credentials: Credentials, obstacles: Obstacles): Promise<AccountToRead[]> {
    let unreadable = 0
    for await (const page of pull.accounts(credentials, call)) {
      await storeAccounts(database, taken, page.items)
      unreadable += page.unreadable
    }
    if (unreadable > 0) obstacles.failure = `accounts in the list that make no sense: ${unreadable}`
    await endListing(database, taken)
    return await accountsToRead(database, taken) ?? []
  }

  async function readAccount ({ accountId, timezone, pulledTo }: AccountToRead, credentials: Credentials): Promise<void> {
    let restUntil = now() + await accountWaitMs(database, taken, accountId)
    const ofAccount: RequestContext = {
      ...call,
      beforeRequest: async () => {
        if (restUntil > now()) throw limited(restUntil)
        await call.beforeRequest?.()
      },
      onNearLimit: (rest) => {
        if (rest.scope === 'connection') restUntil = rest.retryAt
        call.onNearLimit?.(rest)
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
    if (unreadable > 0) throw new ProviderError({ kind: 'malformed', reason: `days that make no sense: ${unreadable}` }, host)
    await endAccount(database, taken, accountId, today)
    if (restUntil > now()) await limitAccount(database, provider.id, accountId, restUntil - now())
  }

  /**
   * Stores a range of days, and removes those that the provider no longer has. Returns the ranges to read instead where it was
   * too much at once. That comes to an end: no single day is halved.
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
      // The provider may have taken long to refuse, and the lease must not end meanwhile.
      await renewPull(database, taken)
      return { instead: halves, unreadable: 0 }
    }
    // A day that makes no sense is not a day without figures.
    if (unreadable === 0) await removeOtherDays(database, taken, accountId, { ...range, days })
    return { instead: [], unreadable }
  }

  function limited (retryAt: number): ProviderError {
    const reason = 'the ad account has nearly reached its limit'
    return new ProviderError({ kind: 'rateLimited', reason, retryAt, scope: 'connection' }, host)
  }

  /**
   * What concerns one account does not keep the others from being read; everything else is thrown on. When the provider itself
   * is out of order, its breaker ends the round.
   */
  async function note (obstacles: Obstacles, { accountId }: AccountToRead, error: unknown): Promise<void> {
    if (!(error instanceof ProviderError) || signal.aborted) throw error
    const { failure: verdict } = error
    if (verdict.kind === 'rateLimited' && verdict.scope !== 'host') {
      await limitAccount(database, provider.id, accountId, Math.max(0, verdict.retryAt - now()))
      obstacles.retryAt = Math.min(obstacles.retryAt ?? Infinity, verdict.retryAt)
    } else if (verdict.kind === 'transient' || verdict.kind === 'malformed') {
      obstacles.failure = `${accountId}: ${verdict.reason}`
      obstacles.mayPass = true
    } else if (verdict.kind === 'rejected') {
      obstacles.failure ??= `${accountId}: ${verdict.reason}`
    } else throw error
  }

  async function refreshed (error: unknown, used: FreshCredentials): Promise<FreshCredentials | undefined> {
    const isDead = error instanceof ProviderError && ['expired', 'unauthorized'].includes(error.failure.kind)
    if (!isDead) return undefined
    const result = await refresher.refresh(provider, { id: taken.connectionId, seenVersion: used.credentialsVersion }, call)
    return result.kind === 'fresh' ? result.fresh : undefined
  }

  /** What is given anew and is not taken either, nobody but the user can mend: the data itself may be closed to us. */
  async function giveUp (error: unknown, { credentialsVersion }: FreshCredentials): Promise<never> {
    if (error instanceof ProviderError && error.failure.kind === 'unauthorized') {
      await markNeedsReauth(database, { id: taken.connectionId, credentialsVersion, reason: error.failure.reason })
    }
    throw error
  }

  function endOf ({ retryAt, failure, mayPass }: Obstacles): PullEnd {
    const { everyMs } = pace
    if (failure !== undefined && mayPass) return { kind: 'failed', reason: failure, delayMs: retryDelayMs(taken.attempts + 1), everyMs }
    if (retryAt !== undefined) return { kind: 'later', reason: 'rateLimited', delayMs: Math.max(0, retryAt - now()) }
    return failure === undefined ? { kind: 'done', everyMs } : { kind: 'failed', reason: failure, delayMs: undefined, everyMs }
  }

  function endOfError (error: unknown): PullEnd {
    const { everyMs } = pace
    if (error instanceof PullLost) throw error
    if (error instanceof Closed) return { kind: 'later', reason: error.reason, delayMs: Math.max(0, error.until - now()) }
    if (signal.aborted) return { kind: 'later', reason: 'workerStopped', delayMs: 0 }
    if (!(error instanceof ProviderError)) {
      services.log.error({ err: error, connectionId: taken.connectionId }, 'a pull failed')
      return { kind: 'failed', reason: 'internal error', delayMs: retryDelayMs(taken.attempts + 1), everyMs }
    }
    const { failure: verdict } = error
    if (verdict.kind === 'rateLimited') {
      if (verdict.scope === 'host') breakers.silence(provider.id, '', verdict.retryAt)
      return { kind: 'later', reason: 'rateLimited', delayMs: Math.max(0, verdict.retryAt - now()) }
    }
    const mayPass = verdict.kind === 'transient' || verdict.kind === 'malformed'
    return { kind: 'failed', reason: verdict.reason, delayMs: mayPass ? retryDelayMs(taken.attempts + 1) : undefined, everyMs }
  }

  /** Tells the breaker how the last request has gone, if there was one. */
  async function conclude (error: unknown): Promise<void> {
    if (asked === undefined) return
    const isProbe = asked === 'probe'
    asked = undefined
    gate.leave()
    const health = error === undefined ? 'well' : healthOf(error, [host])
    const reason = error instanceof ProviderError ? error.failure.reason : ''
    if (!isProbe && health !== undefined) breakers.note(provider.id, '', health, reason)
    else if (isProbe && health !== undefined) await breakers.endProbe(provider.id, '', health, reason)
    else if (isProbe) await breakers.giveBackProbe(provider.id, '')
  }
}
