import { claim, findDelivery } from '@carillon/shared/deliveries'
import { createLog } from '@carillon/shared/log'
import { ProviderError } from '@carillon/shared/providers'
import type { Provider } from '@carillon/shared/providers'
import { createBreakers, createPaces } from '@carillon/shared/throttling'
import type { Failure } from '@carillon/http'
import { backends } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { createConcurrency } from '../../src/concurrency/create-concurrency.ts'
import { enqueueSegment, sendBatch } from '../../src/delivery/batch.ts'
import type { Claimed } from '@carillon/shared/deliveries'
import type { DeliverServices } from '../../src/delivery/deliver-services.ts'
import { startTestStack } from '../start-test-stack.ts'

// A promise that never settles fails the test soon.
t.setTimeout(60_000)

const [postgres] = await backends()
if (postgres === undefined) throw new Error('PostgreSQL is always there')
const stack = await startTestStack(t, await postgres.open(t), { start: false })
const { database, connect, notify, services } = stack
const leaseMs = 600_000
const host = 'api.pushbullet.com'

type Send = NonNullable<Provider['send']>

/** The monotonic clock, which the test advances. */
function openClock (t: Test) {
  let passed = 0
  const real = performance.now.bind(performance)
  t.intercept(performance, 'now', { value: () => real() + passed })
  return { startedAt: real(), pass: (ms: number) => { passed += ms } }
}

/** Claims these deliveries and sends them one at a time with a fake provider. Returns the connections that received one. */
async function sendAll (
  keys: Array<[string, string]>, send: Send,
  { startedAt = performance.now(), onClaimed = () => {}, change = (one: Claimed): Claimed => one, fields = {} }: {
    startedAt?: number, onClaimed?: () => void, change?: (one: Claimed) => Claimed, fields?: Partial<DeliverServices>
  } = {}
): Promise<number> {
  const pushbullet = services.providers.get('pushbullet')
  if (pushbullet === undefined) throw new Error('Pushbullet is offered')
  let requests = 0
  const provider: Provider = {
    ...pushbullet,
    send: (...args) => {
      requests++
      return send(...args)
    }
  }
  const { id: claimId, claimed } = await claim(database, 'pushbullet', keys, leaseMs)
  const stopping = fields.stopping ?? services.stopping
  const concurrency = createConcurrency({ ...services, maxInFlight: 1, beginWithinMs: leaseMs, stopping })
  const order = new Map(keys.map((key, index) => [key.join(), index]))
  const placeOf = ({ notificationId, connectionId }: Claimed): number => order.get(`${notificationId},${connectionId}`) ?? 0
  onClaimed()
  await sendBatch({ ...services, ...concurrency, leaseMs, ...fields }, {
    claimId,
    kind: 'direct',
    provider,
    messages: new Map(keys.map(([id]) => [id, { message: { type: 'note', title: 'Hello', level: 'info' }, dueAt: Date.now(), requestId: null }])),
    claimed: claimed.sort((one, other) => placeOf(one) - placeOf(other)).map(change),
    startedAt
  })
  return requests
}

/** A notification for each of these users, or several notifications for these connections. */
async function prepare (names: string[], notifications = 1): Promise<Array<[string, string]>> {
  const connectionIds = await connect(...names)
  const ids: string[] = []
  for (let count = 0; count < notifications; count++) ids.push((await notify(names)).id)
  return connectionIds.flatMap((connectionId) => ids.map((id): [string, string] => [id, connectionId]))
}

const statesOf = async (keys: Array<[string, string]>) => Promise.all(keys.map(async ([id, connectionId]) => {
  const found = await findDelivery(database, id, connectionId)
  return `${found?.state} ${found?.reason}`
}))
const refuse = (failure: Failure, status = 429) => Promise.reject(new ProviderError(failure, host, status))

t.test('starts no request in the second half of the lease', async (t) => {
  const keys = await prepare(['ann', 'bob', 'cleo'])
  const { startedAt, pass } = openClock(t)
  const requests = await sendAll(keys, async () => {
    await null // time passes after the others have begun to wait
    pass(leaseMs * 0.26)
    return { id: 'p' }
  }, { startedAt })
  t.equal(requests, 2)
  t.same(await statesOf(keys), ['sent null', 'sent null', 'retrying handedBack'])
})

t.test('starts requests until half of the lease is over', async (t) => {
  const { startedAt, pass } = openClock(t)
  pass(leaseMs * 0.4)
  t.equal(await sendAll(await prepare(['ann']), async () => ({ id: 'p' }), { startedAt }), 1)
})

t.test('aborts running requests at nine tenths of the lease', async (t) => {
  const keys = await prepare(['ann'])
  const startedAt = performance.now()
  const real = performance.now.bind(performance)
  // The first reading of the clock decides how much of the lease is left. The second one decides that a delivery may start.
  const first = [leaseMs * 0.9 - 100]
  const onClaimed = (): void => { t.intercept(performance, 'now', { value: () => real() + (first.shift() ?? 0) }) }
  await sendAll(keys, (_message, _key, _credentials, { signal }) => new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new ProviderError({ kind: 'transient', reason: 'aborted' }, host, undefined, 'aborted')))
  }), { startedAt, onClaimed })
  t.same(await statesOf(keys), ['retrying aborted'])
  t.same([...await database.sql`select from claims`], [], 'and settles it')
})

t.test('sends nothing more to a rate-limited connection in the same batch', async (t) => {
  const keys = await prepare(['ann', 'bob'], 2)
  const requests = await sendAll(keys, async () => refuse({ kind: 'rateLimited', reason: 'tooMany', retryAt: Date.now() + 600_000 }))
  t.equal(requests, 2, 'one for each connection')
  t.same(await statesOf(keys), Array.from({ length: 4 }, () => 'retrying rateLimited'))
})

t.test('sends to a connection again after its rate limit', async (t) => {
  const keys = await prepare(['ann'], 2)
  const requests = await sendAll(keys, async () => refuse({ kind: 'rateLimited', reason: 'tooMany', retryAt: Date.now() - 1_000 }))
  t.equal(requests, 2)
})

t.test('sends nothing more to a provider whose host is rate-limited', async (t) => {
  const keys = await prepare(['ann', 'bob'])
  const { breakers } = services
  const requests = await sendAll(keys, async () => {
    breakers.recordLimit('pushbullet', '', Date.now() + 600_000)
    return { id: 'p' }
  })
  t.equal(requests, 1)
  t.same(await statesOf(keys), ['sent null', 'retrying rateLimited'])

  const probe = await prepare(['cleo'])
  t.equal(await sendAll(probe, async () => ({ id: 'p' }), { change: (one) => ({ ...one, probedHost: '' }) }), 1, 'but for a probe')
  await breakers.settled()
  await database.sql`delete from provider_hosts`
})

t.test('sends nothing when a limit is learned while the client waits for a connection', async (t) => {
  const keys = await prepare(['ann'])
  const breakers = createBreakers(services)
  let sent = 0
  await sendAll(keys, async (_message, _key, _credentials, { beforeRequest }) => {
    breakers.recordLimit('pushbullet', '', Date.now() + 600_000)
    await beforeRequest?.()
    sent++
    return { id: 'p' }
  }, { fields: { breakers } })
  t.equal(sent, 0)
  t.same(await statesOf(keys), ['retrying rateLimited'])
  t.match(await findDelivery(database, ...keys[0] ?? ['', '']), { attempts: 0 })
  await breakers.settled()
  await database.sql`delete from provider_hosts`
})

t.test('uses up no attempt when the client had no free connection', async (t) => {
  const keys = await prepare(['ann'])
  const failure: Failure = { kind: 'transient', reason: 'no free connection', notStarted: true }
  await sendAll(keys, async () => { throw new ProviderError(failure, host, undefined, 'aborted') })
  t.same(await statesOf(keys), ['retrying handedBack'])
  t.match(await findDelivery(database, ...keys[0] ?? ['', '']), { attempts: 0 })
})

t.test('gives the deliveries of a limited host times of their own, at the rate that it accepted', async (t) => {
  const keys = await prepare(['ann'])
  const [paces, breakers] = [createPaces(services), createBreakers(services)]
  const change = (one: Claimed): Claimed => ({ ...one, host: 'one.example' })
  // The host accepts twenty requests in the forty seconds until the end of the wait.
  for (let count = 0; count < 20; count++) paces.noteSent('pushbullet', 'one.example')
  const limit: Failure = { kind: 'rateLimited', reason: 'tooMany', retryAt: Date.now() + 40_000, scope: 'host' }
  await sendAll(keys, async () => await refuse(limit), { change, fields: { paces, breakers } })
  await breakers.settled()
  await database.sql`delete from provider_hosts`
  const more = await prepare(['eve', 'fay'])
  t.equal(await sendAll(more, async () => ({ id: 'p' }), { change, fields: { paces } }), 0)
  const found = await Promise.all(more.map(([id, connectionId]) => findDelivery(database, id, connectionId)))
  const [eve = 0, fay = 0] = found.map((delivery) => Date.parse(String(delivery?.dueAt)))
  t.ok(Math.abs(fay - eve - 2_000) <= 1_000, 'two seconds apart, in whole seconds')
})

t.test('sends no expired delivery, and sends one that expires later', async (t) => {
  const keys = await prepare(['ann', 'bob', 'cleo'])
  const { startedAt, pass } = openClock(t)
  const expires = [null, 120_000, 60_000]
  const requests = await sendAll(keys, async () => {
    await null
    pass(30_000)
    return { id: 'p' }
  }, { startedAt, change: (one) => ({ ...one, expiresInMs: expires.shift() ?? null }) })
  t.equal(requests, 2)
  t.same(await statesOf(keys), ['sent null', 'sent null', 'expired expired'])
  const found = await findDelivery(database, ...keys[2] ?? ['', ''])
  t.match(found, { attempts: 0, dueAt: null })
  t.same(found?.history.map(({ event }) => event), ['queued', 'expired'])
})

t.test('enqueues a job for the time at which deliveries that wait are due', async (t) => {
  const keys = await prepare(['wanda'])
  const wakes: unknown[] = []
  const queues = (add: (jobs: unknown[]) => Promise<void>) => ({ ...services.queues, wake: { ...services.queues.wake, add } })
  const send: Send = async () => {
    throw new ProviderError({ kind: 'rateLimited', reason: 'slow down', retryAt: Date.now() + 60_000 }, host, 429)
  }
  await sendAll(keys, send, { fields: { queues: queues(async (jobs) => { wakes.push(...jobs) }) } })
  t.match(wakes, [{ data: { provider: 'pushbullet' } }])
  const others = await prepare(['wilma'])
  await sendAll(others, send, { fields: { queues: queues(async () => { throw new Error('the queue is away') }) } })
  t.same(await statesOf(others), ['retrying rateLimited'], 'a queue that is away does not keep the outcome from being stored')
})

t.test('starts no request after a stop request', async (t) => {
  const keys = await prepare(['ann', 'bob'])
  const stopping = new AbortController()
  const requests = await sendAll(keys, async () => {
    stopping.abort()
    return { id: 'p' }
  }, { fields: { stopping: stopping.signal } })
  t.equal(requests, 1)
  t.same(await statesOf(keys), ['sent null', 'retrying handedBack'])
})

t.test('logs how many deliveries ended in which state', async (t) => {
  const lines: string[] = []
  const log = createLog({ name: 'test', level: 'info', destination: { write: (line) => { lines.push(line) } } })
  const refusals: Failure[] = [{ kind: 'rejected', reason: 'tooLong' }]
  await sendAll(await prepare(['ann', 'bob', 'cleo']), async () => {
    const refusal = refusals.shift()
    return refusal === undefined ? { id: 'p' } : await refuse(refusal, 400)
  }, { fields: { log } })
  t.match(lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'batch'), [{ provider: 'pushbullet', claimed: 3, sent: 2, failed: 1 }])
  const count = lines.length
  await enqueueSegment({ ...services, log }, undefined)
  t.equal(lines.length, count, 'without a segment there is nothing to say')
})

t.test('gives back a probe that was not sent', async (t) => {
  const readBreaker = async () => (await database.sql`select breaker, retry_at <= now() as "isDue" from provider_hosts`)[0]
  for (const [what, expiresInMs, passed] of [['handed back', null, leaseMs], ['expired', 0, 0]] as const) {
    await database.sql`
      insert into provider_hosts (provider, host, breaker, opens, retry_at)
      values ('pushbullet', '', 'probing', 1, now() + interval '30 seconds')
      on conflict (provider, host) do update set breaker = 'probing', retry_at = excluded.retry_at`
    const keys = await prepare(['ann'])
    const startedAt = performance.now() - passed
    t.equal(await sendAll(keys, async () => ({ id: 'p' }), { startedAt, change: (one) => ({ ...one, expiresInMs, probedHost: '' }) }), 0, what)
    t.same(await readBreaker(), { breaker: 'open', isDue: true }, what)
  }
})
