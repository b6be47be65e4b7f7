import { testDatabase } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { openDatabase } from '../../src/db/index.ts'
import { createLog } from '../../src/log/index.ts'
import { sweepPaces } from '../../src/throttling/index.ts'
import { createPaces } from '../../src/throttling/paces.ts'
import { openCountedDatabase } from '../open-counted-database.ts'

const { url } = await testDatabase(t)
// The database's time does not advance within a transaction, and this pool has one connection.
const shared = openDatabase({ url, max: 1 })
const { sql } = shared
t.teardown(() => shared.close())
t.beforeEach(async () => { await sql`begin` })
t.afterEach(async () => { await sql`rollback` })

const log = createLog({ name: 'test', level: 'silent' })
const waited = Symbol('waited')
let at = 1_000_000

/** Advances the workers' clock and the database's. */
async function pass (ms: number): Promise<void> {
  at += ms
  const past = `${ms} milliseconds`
  await sql`
    update host_paces set since = since - ${past}::interval, silent_until = silent_until - ${past}::interval,
      next_at = next_at - ${past}::interval, turn_at = turn_at - ${past}::interval`
}

/** A worker that sends requests that take no time. */
async function openWorker (database = shared) {
  const paces = createPaces({ database, log, now: () => at })
  await paces.refresh()
  /** Sends `count` requests at once. Returns how many went, and when the others may go, in milliseconds from now. */
  const send = async (count: number, host = 'one'): Promise<{ sent: number, waits: number[] }> => {
    const waits: number[] = []
    const results = await Promise.all(Array.from({ length: count }, () => paces.inTurn<unknown>('slack', host, async () => {
      paces.noteSent('slack', host)
    }, (until) => {
      waits.push(Math.round(until - at))
      return waited
    })))
    return { sent: results.filter((result) => result !== waited).length, waits }
  }
  const limit = async (ms: number, host = 'one'): Promise<void> => {
    paces.noteLimit('slack', host, at + ms)
    await paces.settled()
  }
  return { paces, send, limit }
}

/** Sends `count` requests that end one turn later. Returns how many were under way at a time. */
async function countConcurrent ({ paces }: Awaited<ReturnType<typeof openWorker>>, count: number, host: string): Promise<number> {
  let running = 0
  let max = 0
  await Promise.all(Array.from({ length: count }, () => paces.inTurn<unknown>('slack', host, async () => {
    max = Math.max(max, ++running)
    await new Promise(setImmediate)
    paces.noteSent('slack', host)
    running--
  }, () => undefined)))
  return max
}

/** The worker's clock for durations goes on, so that it reads again what others learned. */
function passSecond (t: Test): void {
  const real = performance.now.bind(performance)
  t.intercept(performance, 'now', { value: () => real() + 1_000 })
}

t.test('lets everything go to a host without a known limit', async (t) => {
  const { send } = await openWorker()
  t.match(await send(1_000), { sent: 1_000, waits: [] })
  t.same([...await sql`select from host_paces`], [], 'and stores nothing')
})

t.test('sends one request at a time to a host that it does not know, and more with successes', async (t) => {
  const worker = await openWorker()
  t.equal(await countConcurrent(worker, 30, 'one'), 1)
  t.equal(await countConcurrent(worker, 30, 'one'), 2)
  t.equal(await countConcurrent(worker, 30, 'one'), 12, 'four more per round trip')
  t.equal(await countConcurrent(worker, 100, ''), 100, 'but not to the provider itself')
})

t.test('learns nothing about more at a time from requests that came one by one', async (t) => {
  const worker = await openWorker()
  for (let count = 0; count < 100; count++) await worker.paces.inTurn('slack', 'one', async () => {}, () => t.fail('it waits'))
  t.equal(await countConcurrent(worker, 20, 'one'), 1)
})

t.test('begins with one request at a time again after a minute without any', async (t) => {
  const worker = await openWorker()
  await countConcurrent(worker, 100, 'one')
  await pass(59_999)
  t.ok(await countConcurrent(worker, 20, 'one') > 1)
  await pass(60_000)
  t.equal(await countConcurrent(worker, 20, 'one'), 1)
})

t.test('has only one request refused at the first contact', async (t) => {
  const { paces, send, limit } = await openWorker()
  await send(25)
  let requests = 0
  const all = Array.from({ length: 5 }, () => paces.inTurn('slack', 'one', async () => {
    requests++
    await new Promise(setImmediate)
    await limit(4_000)
    return 'refused'
  }, () => 'waits'))
  t.same(await Promise.all(all), ['refused', 'waits', 'waits', 'waits', 'waits'])
  t.equal(requests, 1)
})

t.test('sends nothing during the wait, and gives each request a time of its own after it', async (t) => {
  const { send, limit } = await openWorker()
  await send(20)
  await limit(4_000)
  t.match(await send(3), { sent: 0, waits: [4_000, 4_200, 4_400] }, 'twenty requests in four seconds were accepted')
  await pass(3_999)
  t.equal((await send(1)).sent, 0)
})

t.test('sends at the rate that was accepted, after the wait', async (t) => {
  const { send, limit } = await openWorker()
  await send(20)
  await limit(4_000)
  await pass(4_000)
  const { sent, waits } = await send(20)
  t.equal(sent, 5, 'the requests of a second')
  t.equal(waits.length, 15)
  t.ok(waits.every((wait, index) => index === 0 || wait > (waits[index - 1] ?? 0)))
  await pass(1_000)
  t.match(await send(5), { sent: 5, waits: [] })
})

t.test('needs one statement for all requests that ask for a turn, at all hosts', async (t) => {
  const counted = await openCountedDatabase(t)
  t.intercept(performance, 'now', { value: () => 7 })
  const { paces, send, limit } = await openWorker(counted)
  const hosts = ['one', 'two', 'three']
  for (const host of hosts) {
    await send(20, host)
    await limit(1, host)
  }
  at += 1
  counted.statements.length = 0
  const results = await Promise.all(hosts.map((host) => send(30, host)))
  t.ok(results.every(({ sent, waits }) => sent > 0 && sent + waits.length === 30))
  t.equal(counted.statements.length, 1)
  await paces.refresh()
  t.equal(counted.statements.length, 1, 'and reads at most once per second')
})

t.test('divides the rate between workers', async (t) => {
  const [one, two] = [await openWorker(), await openWorker()]
  await one.send(20)
  await one.limit(4_000)
  passSecond(t)
  await two.paces.refresh()
  await pass(4_000)
  t.equal((await one.send(3)).sent, 3)
  const { sent, waits } = await two.send(20)
  t.equal(sent, 2, 'five in a second')
  t.match(await one.send(1), { sent: 0, waits: [Math.max(...waits) + 200] }, 'each has a time of its own')
})

t.test('counts what all workers sent before the refusal', async (t) => {
  const [one, two, three] = [await openWorker(), await openWorker(), await openWorker()]
  for (const { send } of [one, two, three]) await send(10)
  await one.limit(3_000)
  await two.limit(3_000)
  await two.limit(3_000)
  passSecond(t)
  await three.paces.refresh()
  await pass(3_000)
  await one.paces.refresh()
  t.equal((await one.send(30)).sent, 10, 'thirty requests in three seconds')
})

t.test('starts with the rate and the turns that a killed worker left', async (t) => {
  const victim = await openWorker()
  await victim.send(20)
  await victim.limit(4_000)
  const heir = await openWorker()
  t.match(await heir.send(2), { sent: 0, waits: [4_000, 4_200] })
  await pass(4_000)
  t.equal((await heir.send(5)).sent, 5)
  const last = await openWorker()
  t.match(await last.send(1), { sent: 0 }, 'the second is used up')
})

t.test('gives the turns of requests that a killed worker held to others', async (t) => {
  const victim = await openWorker()
  await victim.send(20)
  await victim.limit(4_000)
  await victim.send(500)
  await pass(4_000)
  const heir = await openWorker()
  const { waits: [later = 0] } = await heir.send(6)
  t.ok(later > 90_000, 'it may still use them')
  await pass(6_000)
  const { sent, waits: [first = 0] } = await heir.send(20)
  t.ok(sent >= 5 && first <= 2_000, 'it does not')
})

t.test('learns no rate from a count of yesterday', async (t) => {
  const { send, limit } = await openWorker()
  await send(40)
  await pass(24 * 3_600_000)
  await limit(4_000)
  await pass(4_000)
  const { waits } = await send(60)
  t.ok(waits.every((wait) => wait <= 300_000))
})

t.test('lets no request wait longer than it remembers the limit', async (t) => {
  const { send, limit } = await openWorker()
  await send(20)
  await limit(59_000)
  const { waits } = await send(1_000)
  t.equal(waits.length, 1_000)
  t.ok(waits.every((wait) => wait <= 59_000 + 300_000))
})

t.test('learns nothing from requests that were under way at a refusal', async (t) => {
  const { send, limit } = await openWorker()
  await send(20)
  await limit(4_000)
  await limit(4_000)
  await limit(4_000)
  await pass(4_000)
  t.equal((await send(20)).sent, 5)
})

t.test('lowers a rate that is refused, although too few requests were accepted to measure it again', async (t) => {
  const { send, limit } = await openWorker()
  await send(40)
  await limit(4_000)
  await pass(4_000)
  await send(5)
  await limit(4_000)
  await pass(4_000)
  t.equal((await send(40)).sent, 7, 'seven tenths of ten')
})

t.test('limits no other host', async (t) => {
  const { send, limit } = await openWorker()
  await limit(4_000)
  t.equal((await send(100, 'other')).sent, 100)
})

t.test('begins no request before the refusal of the one before it', async (t) => {
  const { paces, limit, send } = await openWorker()
  await send(20)
  await limit(4_000)
  await pass(4_000)
  let requests = 0
  const all = Array.from({ length: 5 }, () => paces.inTurn('slack', 'one', async () => {
    requests++
    await limit(4_000)
    return 'refused'
  }, () => 'waits'))
  t.same(await Promise.all(all), ['refused', 'waits', 'waits', 'waits', 'waits'])
  t.equal(requests, 1)
})

t.test('goes on after a request that failed', async (t) => {
  const { paces, limit, send } = await openWorker()
  await send(20)
  await limit(4_000)
  await pass(4_000)
  await t.rejects(paces.inTurn('slack', 'one', async () => { throw new Error('broken') }, () => undefined), { message: 'broken' })
  t.equal((await send(1)).sent, 1)
})

t.test('finds out whether the limit still applies, and forgets it after some minutes', async (t) => {
  const { send, limit } = await openWorker()
  await send(20)
  await limit(4_000)
  await pass(4_000 + 120_000)
  t.ok((await send(100)).sent > 10, 'the rate has grown')
  await pass(200_000)
  t.equal((await send(1_000)).sent, 1_000)
  t.equal(await sweepPaces(shared), 1)
})

t.test('sends one after the other, but at any rate, where few requests were accepted before', async (t) => {
  const worker = await openWorker()
  const { send, limit } = worker
  await send(19)
  await limit(4_000)
  t.match(await send(2), { sent: 0, waits: [4_000, 4_000] })
  await pass(4_000)
  t.equal(await countConcurrent(worker, 25, 'one'), 1)
})

t.test('applies the limit of a whole provider to all its hosts', async (t) => {
  const { send, limit } = await openWorker()
  await send(20, 'one')
  await send(20, 'two')
  await limit(4_000, '')
  await pass(4_000)
  t.equal((await send(20, 'three')).sent, 10, 'forty requests in four seconds')
})

t.test('lets requests to a limited host wait while the database gives no turns', async (t) => {
  const { send, limit } = await openWorker()
  await send(20)
  await limit(4_000)
  await pass(4_000)
  await sql`savepoint here`
  await sql`alter table host_paces rename to elsewhere`
  t.match(await send(2), { sent: 0, waits: [1_000, 1_000] })
  await sql`rollback to here`
})
