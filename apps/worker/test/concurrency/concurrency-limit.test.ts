import t from 'tap'
import { createConcurrencyLimit } from '../../src/concurrency/concurrency-limit.ts'
import type { Signal } from '../../src/concurrency/concurrency-limit.ts'
import { createSimulation } from './simulated-host.ts'

// The simulations need processor time, and other processes may use it.
t.setTimeout(120_000)

const smallHost = { initial: 10, slowStartFactor: 1.25 }

for (const latencyMs of [20, 150, 400]) {
  t.test(`reaches the maximum within four seconds at ${latencyMs} ms, and stays there`, async (t) => {
    const simulation = createSimulation({ latencyMs })
    const { limit, falls } = simulation.addClient()
    t.equal(limit.value, 64)
    simulation.run(latencyMs === 20 ? 1_000 : 4_000)
    t.equal(limit.value, 2_000)
    simulation.run(latencyMs === 20 ? 2_000 : 20_000, () => {
      if (limit.value !== 2_000) t.fail(`fell to ${limit.value}`)
    })
    t.same(falls, [])
  })
}

for (const latencyMs of [20, 150, 400]) {
  t.test(`finds the capacity of a host with ${latencyMs} ms, and keeps it busy within 20 %`, async (t) => {
    const capacity = 200
    const simulation = createSimulation({ latencyMs, capacity, hasSlowResponses: false })
    const client = simulation.addClient()
    simulation.run(latencyMs * 60)
    const [lowest, highest] = [capacity * 0.8, capacity * 3]
    const perSecond: number[] = []
    simulation.resetCounts()
    simulation.run(60_000, () => {
      if (client.limit.value < lowest || client.limit.value > highest) t.fail(`the limit is ${client.limit.value}`)
      perSecond.push(client.completed / 2)
      simulation.resetCounts()
    }, 2_000)
    const rates = perSecond.slice(1)
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
    for (const rate of rates) if (Math.abs(rate - mean) > mean * 0.2) t.fail(`${rate} a second instead of ${mean}`)
    t.ok(rates.length >= 29)
  })
}

t.test('falls within one round trip when the host refuses requests, and grows again when the host takes more', async (t) => {
  const refusesBeyond = (at: number): number => at >= 10_000 && at < 11_000 ? 300 : Infinity
  const simulation = createSimulation({ latencyMs: 150, refusesBeyond })
  const { limit, falls } = simulation.addClient({ max: 1_000 })
  simulation.run(10_000)
  t.equal(limit.value, 1_000)
  simulation.run(150)
  t.match(falls[0], { reason: 'rateLimited', from: 1_000, to: 699 })
  t.ok(falls.length <= 4, 'not with each of several hundred refusals')
  simulation.run(850)
  t.ok(limit.value <= 300, 'the host refuses all requests beyond 300')
  simulation.run(120_000)
  t.ok(limit.value > 400, 'a limit that was learned long ago grows again')
})

t.test('refuses at most one request in a hundred at a host that takes 20, and uses 0.8 of it', async (t) => {
  for (const latencyMs of [50, 150, 400]) {
    const simulation = createSimulation({ latencyMs, refusesBeyond: 20 })
    const client = simulation.addClient(smallHost)
    simulation.run(10_000)
    simulation.resetCounts()
    let inFlight = 0
    let readings = 0
    simulation.run(120_000, () => {
      inFlight += client.inFlight
      readings++
    })
    t.ok(client.refused <= client.completed * 0.01, `${client.refused} refused, ${client.completed} completed at ${latencyMs} ms`)
    t.ok(inFlight / readings >= 0.8 * 20, `${inFlight / readings} in flight at ${latencyMs} ms`)
  }
})

t.test('two workers share a host that refuses requests', async (t) => {
  const simulation = createSimulation({ latencyMs: 150, refusesBeyond: 100 })
  const [one, other] = [simulation.addClient(smallHost), simulation.addClient(smallHost)]
  simulation.run(180_000)
  const share = one.completed / (one.completed + other.completed)
  t.ok(share > 0.35 && share < 0.65, `${share}`)
})

t.test('two workers share a host at which requests queue, also when one starts later', async (t) => {
  const simulation = createSimulation({ latencyMs: 150, capacity: 100 })
  const [one, other] = [simulation.addClient(), simulation.addClient({}, (at) => at < 10_000 ? 0 : Infinity)]
  simulation.run(30_000)
  simulation.resetCounts()
  simulation.run(180_000)
  const share = one.completed / (one.completed + other.completed)
  t.ok(share > 0.3 && share < 0.7, `${share}`)
  t.ok(one.limit.value + other.limit.value < 600, `${one.limit.value} and ${other.limit.value}`)
})

t.test('does not grow or fall while few requests are wanted', async (t) => {
  const simulation = createSimulation({ latencyMs: 150 })
  const { limit, falls } = simulation.addClient({}, () => 5)
  simulation.run(120_000)
  t.equal(limit.value, 64)
  t.same(falls, [])
})

t.test('follows a host that gets slower, after it found out that its requests are not the cause', async (t) => {
  const simulation = createSimulation({ latencyMs: (at) => at < 10_000 ? 50 : 400 })
  const { limit } = simulation.addClient()
  simulation.run(10_000)
  t.equal(limit.value, 2_000)
  simulation.run(30_000)
  t.equal(limit.value, 2_000)
})

t.test('a latency that rises with the load of the worker lowers the limit to the first one, and no further', async (t) => {
  const simulation = createSimulation({ latencyMs: (at) => at < 10_000 ? 50 : 50 + (at - 10_000) / 5 })
  const { limit } = simulation.addClient()
  simulation.run(10_000)
  let least = Infinity
  simulation.run(60_000, () => { least = Math.min(least, limit.value) })
  t.ok(least >= 64, `${least}`)
})

/** A limit whose requests end one after another, each at a time of its own. */
function openLimit (initial = 100) {
  let time = 0
  const limit = createConcurrencyLimit({ initial, max: 1_000, slowStartFactor: 2, now: () => time })
  return {
    limit,
    pass: (ms: number) => { time += ms },
    record: (signal: Signal, inFlight: number = limit.value) => limit.record({ signal, startedAt: time, inFlight })
  }
}

for (const signal of ['rateLimited', 'unavailable'] as const) {
  t.test(`two refusals of a hundred requests lower the limit at once: ${signal}`, async (t) => {
    const { limit, record } = openLimit()
    record(signal)
    t.equal(limit.value, 100)
    record(signal)
    t.equal(limit.value, 69)
    t.match(limit.lastFall, { reason: signal, from: 100, to: 69 })
  })
}

for (const signal of ['timeout', 'unreachable'] as const) {
  t.test(`single failures do not lower the limit: ${signal}`, async (t) => {
    const { limit, record } = openLimit()
    for (let count = 0; count < 4; count++) record(signal)
    t.equal(limit.value, 100)
    record(signal)
    t.equal(limit.value, 50)
    t.match(limit.lastFall, { reason: signal })
  })
}

t.test('limits of single accounts lower the limit only when they are many', async (t) => {
  const { limit, record } = openLimit()
  for (let count = 0; count < 9; count++) record('accountLimited')
  t.equal(limit.value, 100)
  record('accountLimited')
  t.match(limit.lastFall, { reason: 'rateLimited' })
})

t.test('a host that hangs is left one request', async (t) => {
  const { limit, record, pass } = openLimit(10)
  for (let count = 0; count < 5; count++) {
    pass(15_000)
    record('timeout')
  }
  t.equal(limit.value, 1)
  pass(15_000)
  record('timeout')
  t.equal(limit.value, 1)
})

t.test('a refusal of one of few requests is no sign of too many in flight', async (t) => {
  const { limit, record, pass } = openLimit(64)
  for (let count = 0; count < 10; count++) {
    pass(1_000)
    record('rateLimited', 2)
    record('rateLimited', 2)
  }
  t.equal(limit.value, 64)
})
