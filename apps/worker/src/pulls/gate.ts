import type { Database } from '@carillon/shared/db'
import { admit } from '@carillon/shared/throttling'
import type { Breakers } from '@carillon/shared/throttling'
import { createHeadroom } from './headroom.ts'

/** The provider accepts no request before `until`, in milliseconds since the epoch. */
export class ProviderBlockedError extends Error {
  override readonly name = 'ProviderBlockedError'
  readonly until: number
  readonly reason: string

  constructor (until: number, reason: string) {
    super(`blocked: ${reason}`)
    this.until = until
    this.reason = reason
  }
}

/** Limits the requests of all workers to the rate that the provider accepts. */
export interface Gate {
  /** Waits for admission. `probe` means that this request tests a provider that failed. Throws ProviderBlockedError. */
  enter: () => Promise<'open' | 'probe'>
  /** Ends an admitted request, whether it succeeded or not. */
  leave: () => void
  /** Records the used share of the limit that a response reports, in percent. */
  recordUsage: (percent: number) => void
}

export interface GateServices {
  database: Database
  breakers: Breakers
  perSecond: ReadonlyMap<string, number>
  now: () => number
}

/** A request that would wait longer is rejected. */
const maxWaitMs = 5_000
/** Requests that arrive within this time are admitted by one statement. */
const batchMs = 5

export function createGate ({ database, breakers, perSecond, now }: GateServices, provider: string): Gate {
  let waiting: Array<{ open: (how: 'open' | 'probe') => void, fail: (error: unknown) => void }> = []
  const headroom = createHeadroom()
  const waitingForRoom: Array<() => void> = []

  return {
    enter: async () => {
      await new Promise<void>((resolve) => {
        waitingForRoom.push(resolve)
        admitNext()
      })
      return await admitted().catch((error: unknown) => {
        leave()
        throw error
      })
    },
    leave,
    recordUsage: (percent) => {
      headroom.recordUsage(percent)
      admitNext()
    }
  }

  function leave (): void {
    headroom.end()
    admitNext()
  }

  function admitNext (): void {
    while (waitingForRoom.length > 0 && headroom.isFree()) {
      headroom.begin()
      waitingForRoom.shift()?.()
    }
  }

  async function admitted (): Promise<'open' | 'probe'> {
    const blocked = breakers.findBlock(provider, '')
    if (blocked !== undefined) throw new ProviderBlockedError(blocked.until, blocked.reason)
    return await new Promise((resolve, reject) => {
      waiting.push({ open: resolve, fail: reject })
      if (waiting.length === 1) setTimeout(admitWaiting, batchMs)
    })
  }

  function admitWaiting (): void {
    const all = waiting
    waiting = []
    admitAll(all).catch((error: unknown) => { for (const { fail } of all) fail(error) })
  }

  async function admitAll (all: typeof waiting): Promise<void> {
    const { allowed, isProbe, waitMs, everyMs, reason } = await admit(database, provider, all.length, perSecond.get(provider))
    for (const { open } of all.slice(0, allowed)) open(isProbe ? 'probe' : 'open')
    for (const [index, one] of all.slice(allowed).entries()) {
      const ownMs = waitMs + index * everyMs
      if (reason === 'breakerOpen' || reason === 'misconfigured' || ownMs > maxWaitMs) one.fail(new ProviderBlockedError(now() + ownMs, reason ?? 'rateLimited'))
      else setTimeout(() => { requeue(one) }, ownMs)
    }
  }

  function requeue (one: typeof waiting[number]): void {
    waiting.push(one)
    if (waiting.length === 1) admitWaiting()
  }
}
