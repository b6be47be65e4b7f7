import t from 'tap'
import { createPaces } from '../../src/throttling/paces.ts'

const waited = Symbol('waited')

/** Paces with a test clock, and a host whose requests take no time. */
function openPaces () {
  let at = 1_000_000
  const paces = createPaces({ now: () => at })
  /** Sends `count` requests at once. Returns how many went, and when the others may go, in milliseconds from now. */
  const send = async (count: number, host = 'one'): Promise<{ sent: number, waits: number[] }> => {
    const waits: number[] = []
    const results = await Promise.all(Array.from({ length: count }, () => paces.inTurn<unknown>('slack', host, async () => {
      paces.noteSent('slack', host)
    }, (until) => {
      waits.push(until - at)
      return waited
    })))
    return { sent: results.filter((result) => result !== waited).length, waits }
  }
  return { paces, send, pass: (ms: number) => { at += ms }, limit: (ms: number, host = 'one') => paces.noteLimit('slack', host, at + ms) }
}

t.test('lets everything go to a host without a known limit', async (t) => {
  const { send } = openPaces()
  t.match(await send(1_000), { sent: 1_000, waits: [] })
})

t.test('sends nothing during the wait, and gives each request a time of its own after it', async (t) => {
  const { send, limit, pass } = openPaces()
  await send(20)
  limit(4_000)
  t.match(await send(3), { sent: 0, waits: [4_000, 4_200, 4_400] }, 'twenty requests in four seconds were accepted')
  pass(3_999)
  t.equal((await send(1)).sent, 0)
})

t.test('sends at the rate that was accepted, after the wait', async (t) => {
  const { send, limit, pass } = openPaces()
  await send(20)
  limit(4_000)
  pass(4_000)
  const { sent, waits } = await send(20)
  t.equal(sent, 5, 'the requests of a second')
  t.equal(waits.length, 15)
  t.ok(waits.every((wait, index) => index === 0 || wait > (waits[index - 1] ?? 0)))
  pass(1_000)
  t.match(await send(5), { sent: 5, waits: [] })
})

t.test('learns no rate from a count of yesterday', async (t) => {
  const { send, limit, pass } = openPaces()
  await send(40)
  pass(24 * 3_600_000)
  limit(4_000)
  pass(4_000)
  const { waits } = await send(60)
  t.ok(waits.every((wait) => wait <= 300_000))
})

t.test('lets no request wait longer than it remembers the limit', async (t) => {
  const { send, limit } = openPaces()
  await send(20)
  limit(59_000)
  const { waits } = await send(1_000)
  t.equal(waits.length, 1_000)
  t.ok(waits.every((wait) => wait <= 59_000 + 300_000))
})

t.test('learns nothing from requests that were under way at a refusal', async (t) => {
  const { send, limit, pass } = openPaces()
  await send(20)
  limit(4_000)
  limit(4_000)
  limit(4_000)
  pass(4_000)
  t.equal((await send(20)).sent, 5)
})

t.test('limits no other host', async (t) => {
  const { send, limit } = openPaces()
  limit(4_000)
  t.equal((await send(100, 'other')).sent, 100)
})

t.test('begins no request before the refusal of the one before it', async (t) => {
  const { paces, limit, pass, send } = openPaces()
  await send(20)
  limit(4_000)
  pass(4_000)
  let requests = 0
  const all = Array.from({ length: 5 }, () => paces.inTurn('slack', 'one', async () => {
    requests++
    await Promise.resolve()
    limit(4_000)
    return 'refused'
  }, () => 'waits'))
  t.same(await Promise.all(all), ['refused', 'waits', 'waits', 'waits', 'waits'])
  t.equal(requests, 1)
})

t.test('goes on after a request that failed', async (t) => {
  const { paces, limit, pass, send } = openPaces()
  await send(20)
  limit(4_000)
  pass(4_000)
  await t.rejects(paces.inTurn('slack', 'one', async () => { throw new Error('broken') }, () => undefined), { message: 'broken' })
  t.equal((await send(1)).sent, 1)
})

t.test('finds out whether the limit still applies, and forgets it after some minutes', async (t) => {
  const { send, limit, pass } = openPaces()
  await send(20)
  limit(4_000)
  pass(4_000 + 120_000)
  t.ok((await send(100)).sent > 10, 'the rate has grown')
  pass(200_000)
  t.equal((await send(1_000)).sent, 1_000)
})

t.test('sends one after the other, but at any rate, where few requests were accepted before', async (t) => {
  const { paces, send, limit, pass } = openPaces()
  await send(19)
  limit(4_000)
  t.match(await send(2), { sent: 0, waits: [4_000, 4_000] })
  pass(4_000)
  let running = 0
  let max = 0
  await Promise.all(Array.from({ length: 50 }, () => paces.inTurn<unknown>('slack', 'one', async () => {
    max = Math.max(max, ++running)
    await Promise.resolve()
    running--
  }, () => t.fail('it waits'))))
  t.equal(max, 1)
})

t.test('applies the limit of a whole provider to all its hosts', async (t) => {
  const { send, limit, pass } = openPaces()
  await send(20, 'one')
  await send(20, 'two')
  limit(4_000, '')
  pass(4_000)
  t.equal((await send(20, 'three')).sent, 10, 'forty requests in four seconds')
})
