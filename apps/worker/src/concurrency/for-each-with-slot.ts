import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate } from 'node:timers/promises'
import type { ClaimRoom, WaitingCount } from './claim-room.ts'
import type { HostGate, Kind, Slot, Waiter } from './host-gate.ts'
import type { Limiter } from './limiter.ts'
import type { Entry } from './waiting-list.ts'

export interface SlotWork<Item> {
  provider: string
  kind: Kind
  items: Item[]
  gateOf: (item: Item) => HostGate
  /** After this time, what still waits starts without a slot. */
  beginWithinMs: number
  /** Called with a slot, or without one when the item cannot begin in time. */
  work: (item: Item, slot: Slot | undefined) => Promise<void>
  /** Called instead for an item of a host for which many others wait. It may begin in `afterMs`. */
  postpone: (item: Item, afterMs: number) => Promise<void>
  /** Called when every item has begun or waits. */
  onStarted?: (() => void) | undefined
}

/** Other work runs between two groups of this size that start at once. */
const startsAtOnce = 64
/**
 * At a host that users chose, so many may wait in any case, and more if they can begin within this time. So claims for other
 * hosts go on.
 */
const minWaiters = 100
const maxWaitMs = 10_000

/** Works on every item as soon as its host and the worker have a free slot. Rejects with the first error after all have ended. */
export async function forEachWithSlot<Item> (
  { limiter, room }: { limiter: Limiter, room: ClaimRoom },
  { provider, kind, items, gateOf, beginWithinMs, work, postpone, onStarted }: SlotWork<Item>
): Promise<void> {
  const inContext = AsyncLocalStorage.snapshot()
  const count = room.countWaiting(provider, kind)
  const waiting: Array<{ entry: Entry<Waiter>, gate: HostGate }> = []
  const { promise: ended, resolve } = withResolvers()
  let left = items.length
  const errors: unknown[] = []
  const timer = setTimeout(startLate, Math.max(0, beginWithinMs))
  let started = 0

  if (left === 0) resolve()
  for (const item of items) {
    const gate = gateOf(item)
    const slot = limiter.take(gate, kind)
    if (slot !== undefined) {
      run(item, slot)
      if (++started % startsAtOnce === 0) await setImmediate()
    } else if (canWait(gate)) wait(item, gate)
    else end(postpone(item, limiter.postponeMs(gate, kind)))
  }
  onStarted?.()
  await ended
  clearTimeout(timer)
  if (errors.length > 0) throw errors[0]

  function run (item: Item, slot: Slot | undefined): void {
    end(work(item, slot), slot)
  }

  /** Never rejects. */
  async function end (working: Promise<void>, slot?: Slot): Promise<void> {
    try {
      await working
    } catch (error) {
      errors.push(error)
    }
    slot?.release()
    if (--left === 0) resolve()
  }

  function canWait (gate: HostGate): boolean {
    const { size } = gate.waiting[kind]
    if (gate.host === '' || size < minWaiters) return true
    return count.hasRoom && limiter.waitMs(gate, kind) < maxWaitMs
  }

  function wait (item: Item, gate: HostGate): void {
    count.add()
    waiting.push({ entry: limiter.wait(gate, kind, new WaitingItem(item, startWaiting, count)), gate })
  }

  /** The slot comes from a request of another batch, whose context is another one. */
  function startWaiting (item: Item, slot: Slot | undefined): void {
    inContext(run, item, slot)
  }

  function startLate (): void {
    for (const { entry, gate } of waiting) if (limiter.cancel(gate, kind, entry)) entry.item.start(undefined)
  }
}

/** A class saves the closures that each item would create: most items of a broadcast wait. */
class WaitingItem<Item> implements Waiter {
  readonly #item: Item
  readonly #start: (item: Item, slot: Slot | undefined) => void
  readonly #count: WaitingCount

  constructor (item: Item, start: (item: Item, slot: Slot | undefined) => void, count: WaitingCount) {
    this.#item = item
    this.#start = start
    this.#count = count
  }

  start (slot: Slot | undefined): void {
    this.#start(this.#item, slot)
  }

  onLeave (): void {
    this.#count.remove()
  }
}

/** `Promise.withResolvers` needs Node.js 22. */
function withResolvers (): { promise: Promise<void>, resolve: () => void } {
  let end = (): void => {}
  const promise = new Promise<void>((resolve) => { end = resolve })
  return { promise, resolve: end }
}
