import t from 'tap'
import { reservedOf } from '../../src/concurrency/host-gate.ts'
import type { HostGate, Kind, Slot } from '../../src/concurrency/host-gate.ts'
import { createLimiter } from '../../src/concurrency/limiter.ts'
import type { Limiter } from '../../src/concurrency/limiter.ts'

function openLimiter (maxInFlight: number, boundOf?: () => number) {
  const stopping = new AbortController()
  let time = 0
  const limiter = createLimiter({ maxInFlight, stopping: stopping.signal, now: () => time, ...boundOf && { boundOf } })
  return { limiter, stop: () => stopping.abort(), pass: (ms: number) => { time += ms } }
}

/** Starts as many requests as possible, and then one that waits. */
function fill (limiter: Limiter, gate: HostGate, kind: Kind): Slot[] {
  const slots: Slot[] = []
  for (let slot = limiter.take(gate, kind); slot !== undefined; slot = limiter.take(gate, kind)) slots.push(slot)
  return slots
}

function waitFor (limiter: Limiter, gate: HostGate, kind: Kind) {
  const seen: { slot?: Slot | undefined, isStarted: boolean, hasLeft: boolean } = { isStarted: false, hasLeft: false }
  const entry = limiter.wait(gate, kind, {
    start: (slot) => { Object.assign(seen, { slot, isStarted: true }) },
    onLeave: () => { seen.hasLeft = true }
  })
  return { seen, entry }
}

t.test('starts with a handful of requests at a host that users choose, and with more at a host of the provider', async (t) => {
  const { limiter } = openLimiter(2_000)
  t.equal(fill(limiter, limiter.gateOf('pumpio', 'small.example', true), 'direct').length, 10)
  t.equal(fill(limiter, limiter.gateOf('pushbullet', '', false), 'direct').length, 64)
  t.equal(limiter.gateOf('pumpio', 'small.example', true), limiter.gateOf('pumpio', 'small.example', true))
})

t.test('bounds the requests to all hosts together', async (t) => {
  const { limiter } = openLimiter(15)
  const [first, second] = ['a', 'b'].map((host) => fill(limiter, limiter.gateOf('pumpio', host, true), 'direct'))
  t.same([first?.length, second?.length, limiter.inFlight], [10, 5, 15])
})

t.test('a lower bound on a host gives slots to no more, and does not make the limit grow', async (t) => {
  let bound = 2
  const { limiter, pass } = openLimiter(100, () => bound)
  const gate = limiter.gateOf('email', 'paced.example', true)
  const [first] = fill(limiter, gate, 'direct')
  t.equal(limiter.inFlight, 2)
  const waiting = Array.from({ length: 50 }, () => waitFor(limiter, gate, 'direct').seen)
  pass(100)
  first?.record('completed', 0)
  t.equal(gate.limit.value, 10, 'nothing waited because of the limit')
  bound = 4
  first?.release()
  t.same(waiting.map(({ isStarted }) => isStarted).filter(Boolean).length, 3, 'a higher bound lets more begin')
})

t.test('a host that hangs holds no slot of another one', async (t) => {
  const { limiter } = openLimiter(100)
  const hanging = limiter.gateOf('pumpio', 'hangs.example', true)
  fill(limiter, hanging, 'broadcast')
  for (let count = 0; count < 1_000; count++) waitFor(limiter, hanging, 'broadcast')
  const other = limiter.gateOf('pumpio', 'works.example', true)
  t.equal(fill(limiter, other, 'broadcast').length, 10)
  t.equal(limiter.inFlight, 20, 'those that wait hold no slot')
})

t.test('a free slot goes to a direct request before a broadcast', async (t) => {
  const { limiter } = openLimiter(10)
  const gate = limiter.gateOf('pumpio', 'small.example', true)
  const [slot] = fill(limiter, gate, 'broadcast')
  const broadcast = waitFor(limiter, gate, 'broadcast')
  const direct = waitFor(limiter, gate, 'direct')
  slot?.release()
  t.equal(direct.seen.isStarted, true)
  t.equal(broadcast.seen.isStarted, false)
  direct.seen.slot?.release()
  t.equal(broadcast.seen.isStarted, true)
})

t.test('a free slot of the worker goes to a direct request of any host before a broadcast', async (t) => {
  const { limiter } = openLimiter(10)
  const gates = ['a', 'b', 'c'].map((host) => limiter.gateOf('pumpio', host, true))
  const [a, b, c] = gates
  if (a === undefined || b === undefined || c === undefined) throw new Error('three hosts')
  const [slot] = fill(limiter, a, 'broadcast')
  const broadcast = waitFor(limiter, b, 'broadcast')
  const direct = waitFor(limiter, c, 'direct')
  slot?.release()
  t.same([direct.seen.isStarted, broadcast.seen.isStarted], [true, false])
})

t.test('hosts take turns when the worker has too few slots', async (t) => {
  const { limiter } = openLimiter(8)
  const busy = limiter.gateOf('pumpio', 'busy.example', true)
  const slots = fill(limiter, busy, 'direct')
  t.equal(slots.length, 8)
  const waiting = [0, 1, 2].map(() => waitFor(limiter, busy, 'direct'))
  const other = waitFor(limiter, limiter.gateOf('pumpio', 'other.example', true), 'direct')
  slots[0]?.release()
  slots[1]?.release()
  t.equal(other.seen.isStarted, true)
  t.equal(waiting.filter(({ seen }) => seen.isStarted).length, 1)
})

t.test('a broadcast leaves some slots of a host and of the worker to other notifications', async (t) => {
  t.same([0, 1, 10, 16, 64, 2_000].map(reservedOf), [0, 0, 0, 1, 4, 16])
  const { limiter } = openLimiter(64)
  const gate = limiter.gateOf('pushbullet', '', false)
  t.equal(fill(limiter, gate, 'broadcast').length, 60)
  t.equal(fill(limiter, limiter.gateOf('pumpio', 'other.example', true), 'broadcast').length, 0)
  t.equal(fill(limiter, gate, 'direct').length, 4)
})

t.test('a waiter that is canceled never starts', async (t) => {
  const { limiter } = openLimiter(10)
  const gate = limiter.gateOf('pumpio', 'small.example', true)
  const slots = fill(limiter, gate, 'direct')
  const [canceled, started] = [waitFor(limiter, gate, 'direct'), waitFor(limiter, gate, 'direct')]
  t.equal(limiter.cancel(gate, 'direct', canceled.entry), true)
  slots[0]?.release()
  t.match(canceled.seen, { isStarted: false, hasLeft: true })
  t.match(started.seen, { isStarted: true, hasLeft: true })
  t.equal(limiter.cancel(gate, 'direct', started.entry), false)
})

t.test('all that wait start without a slot when the worker stops', async (t) => {
  const { limiter, stop } = openLimiter(10)
  const gate = limiter.gateOf('pumpio', 'small.example', true)
  fill(limiter, gate, 'direct')
  const waiting = [waitFor(limiter, gate, 'direct'), waitFor(limiter, gate, 'broadcast')]
  stop()
  for (const { seen } of waiting) t.match(seen, { isStarted: true, hasLeft: true, slot: undefined })
})

t.test('gives postponed deliveries times of their own', async (t) => {
  const { limiter, pass } = openLimiter(100)
  const gate = limiter.gateOf('pumpio', 'small.example', true)
  fill(limiter, gate, 'broadcast')
  pass(10_000)
  const times = [0, 1, 2].map(() => limiter.postponeMs(gate, 'broadcast'))
  t.same(times, [2_000, 3_000, 4_000])
  for (let count = 0; count < 100; count++) t.ok(limiter.postponeMs(gate, 'broadcast') <= 10_000)
})

t.test('forgets the limit of a host without requests', async (t) => {
  const { limiter, pass } = openLimiter(100)
  const gate = limiter.gateOf('pumpio', 'small.example', true)
  pass(700_000)
  limiter.gateOf('pumpio', 'other.example', true)
  t.not(limiter.gateOf('pumpio', 'small.example', true), gate)
})

t.test('estimates how long a waiter waits, without a bound that grows soon', async (t) => {
  const { limiter, pass } = openLimiter(2_000, () => 1)
  const gate = limiter.gateOf('webpush', 'push.example', true)
  t.equal(limiter.waitMs(gate, 'broadcast'), 0, 'nothing is known')
  for (let count = 0; count < 200; count++) {
    const slot = limiter.take(gate, 'direct')
    const startedAt = limiter.now()
    pass(50)
    slot?.record('completed', startedAt)
    slot?.release()
  }
  t.match(gate.limit.latencyMs?.toFixed(0), /^(49|50|51)$/)
  const one = limiter.waitMs(gate, 'broadcast')
  t.ok(one > 0 && one <= 50 / 10 + 1, `${one} ms for the next one`)
})

t.test('nothing shall wait for a host that does not respond', async (t) => {
  const { limiter, pass } = openLimiter(2_000)
  const gate = limiter.gateOf('webhook', 'hung.example', true)
  const [slot] = fill(limiter, gate, 'direct')
  pass(2_000)
  t.equal(limiter.waitMs(gate, 'broadcast'), 0)
  pass(1)
  t.equal(limiter.waitMs(gate, 'broadcast'), Infinity)
  slot?.release()
  t.equal(limiter.waitMs(gate, 'broadcast'), 0, 'it responds again')
})
