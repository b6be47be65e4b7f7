import type { Database } from '@carillon/shared/db'
import { admit } from '@carillon/shared/throttling'
import type { Breakers } from '@carillon/shared/throttling'
import { createHeadroom } from './headroom.ts'

/** Nothing may be asked of the provider before `until`, milliseconds since the epoch. */
export class Closed extends Error {
  override readonly name = 'Closed'
  readonly until: number
  readonly reason: string

  constructor (until: number, reason: string) {
    super(`closed: ${reason}`)
    this.until = until
    this.reason = reason
  }
}

/** Lets requests through as fast as the provider takes them, over all workers. */
export interface Gate {
  /** Waits for its turn, and says whether it is the one request that is let through to see how the provider is. Throws Closed. */
  enter: () => Promise<'open' | 'probe'>
  /** Whoever was let in is done, well or not. */
  leave: () => void
  /** What an answer says is used up of what we may ask, in percent. */
  told: (percent: number) => void
}

export interface GateServices {
  database: Database
  breakers: Breakers
  perSecond: ReadonlyMap<string, number>
  now: () => number
}

/** Who has to wait for longer comes back another time. */
const patienceMs = 5_000
/** Those who come within it are let in by one statement. */
const gatherMs = 5

export function createGate ({ database, breakers, perSecond, now }: GateServices, provider: string): Gate {
  let waiting: Array<{ open: (how: 'open' | 'probe') => void, fail: (error: unknown) => void }> = []
  const headroom = createHeadroom()
  const crowd: Array<() => void> = []

  return {
    enter: async () => {
      await new Promise<void>((resolve) => {
        crowd.push(resolve)
        moveUp()
      })
      return await admitted().catch((error: unknown) => {
        leave()
        throw error
      })
    },
    leave,
    told: (percent) => {
      headroom.told(percent)
      moveUp()
    }
  }

  function leave (): void {
    headroom.end()
    moveUp()
  }

  function moveUp (): void {
    while (crowd.length > 0 && headroom.isFree()) {
      headroom.begin()
      crowd.shift()?.()
    }
  }

  async function admitted (): Promise<'open' | 'probe'> {
    const closed = breakers.closed(provider, '')
    if (closed !== undefined) throw new Closed(closed.until, closed.reason)
    return await new Promise((resolve, reject) => {
      waiting.push({ open: resolve, fail: reject })
      if (waiting.length === 1) setTimeout(letIn, gatherMs)
    })
  }

  function letIn (): void {
    const all = waiting
    waiting = []
    admitAll(all).catch((error: unknown) => { for (const { fail } of all) fail(error) })
  }

  async function admitAll (all: typeof waiting): Promise<void> {
    const { allowed, isProbe, waitMs, everyMs, reason } = await admit(database, provider, all.length, perSecond.get(provider))
    for (const { open } of all.slice(0, allowed)) open(isProbe ? 'probe' : 'open')
    for (const [index, one] of all.slice(allowed).entries()) {
      const ownMs = waitMs + index * everyMs
      if (reason === 'breakerOpen' || ownMs > patienceMs) one.fail(new Closed(now() + ownMs, reason ?? 'rateLimited'))
      else setTimeout(() => { comeBack(one) }, ownMs)
    }
  }

  function comeBack (one: typeof waiting[number]): void {
    waiting.push(one)
    if (waiting.length === 1) letIn()
  }
}
