import type { ServerResponse } from 'node:http'
import { recordEvents } from '@carillon/shared/events'
import { deleteEndpoint, findEndpoint, listAttempts, resendEvent, updateEndpoint } from '@carillon/shared/endpoints'
import { backends } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { createEventPump } from '../../src/webhooks/event-pump.ts'
import type { EventPump } from '../../src/webhooks/event-pump.ts'
import { startTestStack } from '../start-test-stack.ts'
import { openReceiver } from './open-receiver.ts'

const [postgres] = await backends()
if (postgres === undefined) throw new Error('PostgreSQL is always there')
const stack = await startTestStack(t, await postgres.open(t), { start: false })
const { database, services } = stack
const { sql } = database
const hourMs = 3_600_000
let aheadMs = 0
const scheduled: number[] = []
const counted: string[] = []
const createPump = () => createEventPump({
  ...services,
  metrics: { countWebhookDeliveries: (outcomes) => { counted.push(...outcomes) } },
  now: () => Date.now() + aheadMs,
  eventQueue: { add: async (jobs) => { scheduled.push(...jobs.map(({ delayMs = 0 }) => delayMs)) } }
})
const pump = createPump()
/** Sends what is due, and waits until nothing is being sent. */
const send = async (): Promise<void> => {
  await pump.wake()
  await pump.close()
}
const record = (count = 1) => recordEvents(database, Array.from({ length: count }, () => ({ type: 'provider.resumed' as const, provider: 'pushbullet' })))
const open = async (t: Test, events?: string[]) => {
  t.teardown(async () => { await sql`delete from endpoints` })
  return openReceiver(t, { database, vault: services.vault }, events)
}
const deliveries = (id: string) => sql<Array<{ state: string, attempts: number }>>`
  select state, attempts from endpoint_deliveries where endpoint_id = ${id} order by event_id`

t.test('sends an event of a connection, signed, as the API shows it', async (t) => {
  await record()
  const receiver = await open(t)
  const [connectionId = ''] = await stack.connect('ann')
  await send()
  t.match(receiver.received, [{
    id: /^evt_/,
    headers: { 'content-type': 'application/json', 'user-agent': /Carillon/i },
    event: { type: 'connection.connected', data: { userId: 'ann', teamId: null, connectionId: `con_${connectionId}`, provider: 'pushbullet' } }
  }], 'and none from before the endpoint was created')
  t.equal(receiver.received[0]?.event.id, receiver.received[0]?.id)
  t.same(Object.keys(receiver.received[0]?.event.data ?? {}), ['connectionId', 'provider', 'userId', 'teamId'], 'in the order of the API')
  t.same(await deliveries(receiver.id), [{ state: 'succeeded', attempts: 1 }])
  await send()
  t.equal(receiver.received.length, 1, 'once')
  t.same(receiver.errors, [])
})

t.test('sends the events that an endpoint names, and those of deliveries only when it names them', async (t) => {
  const all = await open(t)
  const named = await open(t, ['delivery.sent', 'provider.paused'])
  t.match(await sql`select type from event_requests`, [{ type: 'delivery.sent' }])
  await record()
  await recordEvents(database, [
    { type: 'delivery.sent', provider: 'pushbullet', data: { deliveries: [] } }, { type: 'provider.paused', provider: 'pushbullet', data: { cause: 'breakerOpen', reason: 'x' } }
  ])
  await send()
  t.same(all.received.map(({ event }) => event.type).sort(), ['provider.paused', 'provider.resumed'])
  t.same(named.received.map(({ event }) => event.type).sort(), ['delivery.sent', 'provider.paused'])
  const requested = async () => (await sql`select type from event_requests where source = ${named.id} order by type`).map(({ type }) => type)
  await updateEndpoint(database, named.id, { events: ['*', 'delivery.failed', 'delivery.sent'] })
  t.same(await requested(), ['delivery.failed', 'delivery.sent'])
  await updateEndpoint(database, named.id, { events: ['delivery.failed'] })
  t.same(await requested(), ['delivery.failed'])
  await deleteEndpoint(database, named.id)
  t.same(await requested(), [])
})

t.test('a slow endpoint holds only its own events', async (t) => {
  const slow = await open(t)
  const fast = await open(t)
  const held: ServerResponse[] = []
  slow.respondWith((response) => { held.push(response) })
  await record(20)
  await pump.wake()
  await fast.receives(20)
  await slow.receives(8)
  await pump.wake()
  t.equal(slow.received.length, 8, 'no more at a time')
  slow.accept()
  for (const response of held) response.end()
  await slow.receives(20)
  await pump.close()
  t.same(new Set((await deliveries(slow.id)).map(({ state }) => state)), new Set(['succeeded']))
})

t.test('tries again on a schedule of three days, with the same id', async (t) => {
  const receiver = await open(t)
  receiver.fail(500)
  counted.length = 0
  await record()
  await send()
  const waits: number[] = []
  for (let attempts = 1; attempts < 10; attempts++) {
    t.same(await deliveries(receiver.id), [{ state: 'pending', attempts }])
    const [row] = await sql`select extract(epoch from next_attempt_at)::float8 * 1000 as at from endpoint_deliveries where endpoint_id = ${receiver.id}`
    const waitMs = Number(row?.['at']) - (Date.now() + aheadMs)
    await send()
    t.equal(receiver.received.length, attempts, 'not before it is due')
    waits.push(waitMs)
    aheadMs += waitMs + 1
    await send()
  }
  t.same(await deliveries(receiver.id), [{ state: 'failed', attempts: 10 }])
  const total = waits.reduce((sum, wait) => sum + wait, 0)
  t.ok(total > 72 * hourMs && total < 96 * hourMs, `${total / hourMs} hours`)
  t.equal(new Set(receiver.received.map(({ id }) => id)).size, 1)
  t.same(counted, [...Array(9).fill('retrying'), 'failed'])
  t.equal((await listAttempts(database, { endpointId: receiver.id, outcome: 'failed' }, { limit: 50 })).length, 10)
  t.ok(scheduled.length >= 9, 'a job wakes a worker for each attempt')
  t.match(await findEndpoint(database, receiver.id), { failingSince: Date, failure: '500 no', disabledAt: null })
})

t.test('a success ends a failure', async (t) => {
  const receiver = await open(t)
  receiver.fail(500)
  await record()
  await send()
  t.match(await findEndpoint(database, receiver.id), { failingSince: Date })
  receiver.accept()
  aheadMs += 6_000
  await send()
  t.match(await findEndpoint(database, receiver.id), { failingSince: null, failure: null })
  t.same(await deliveries(receiver.id), [{ state: 'succeeded', attempts: 2 }])
})

t.test('waits as long as the endpoint asks, for a day at most', async (t) => {
  const receiver = await open(t)
  for (const [seconds, expected] of [['3600', hourMs], ['9999999', 24 * hourMs], ['1', 5_000]] as const) {
    receiver.fail(503, { 'retry-after': seconds })
    await record()
    await send()
    const [row] = await sql`select extract(epoch from max(next_attempt_at))::float8 * 1000 as at from endpoint_deliveries where endpoint_id = ${receiver.id}`
    const waitMs = Number(row?.['at']) - (Date.now() + aheadMs)
    t.ok(Math.abs(waitMs - expected) < Math.max(expected * 0.11, 2_500), `${seconds}: ${waitMs}`)
    await sql`delete from endpoint_deliveries`
  }
})

t.test('410 disables the endpoint, cancels what waits for it, and tells the others', async (t) => {
  const gone = await open(t)
  const other = await open(t)
  gone.fail(503, { 'retry-after': '3600' })
  await record()
  await send()
  gone.fail(410)
  await record()
  await send()
  t.match(await findEndpoint(database, gone.id), { disabledReason: 'gone', disabledAt: Date })
  t.same(new Set((await deliveries(gone.id)).map(({ state }) => state)), new Set(['failed', 'canceled']))
  await send()
  t.match(other.received.at(-1)?.event, { type: 'endpoint.disabled', data: { endpointId: `end_${gone.id}`, reason: /410 Gone/ } })

  const count = gone.received.length
  await record()
  await send()
  t.equal(gone.received.length, count)
  await updateEndpoint(database, gone.id, { enabled: true })
  await record()
  gone.accept()
  await send()
  t.equal(gone.received.length, count + 1, 'only what happens from then on')
})

t.test('five days without a success disable the endpoint', async (t) => {
  const receiver = await open(t)
  receiver.fail(500)
  await record()
  await send()
  aheadMs += 5 * 24 * hourMs - 60_000
  await record()
  await send()
  t.match(await findEndpoint(database, receiver.id), { disabledAt: null })
  aheadMs += 60_000
  await record()
  await send()
  t.match(await findEndpoint(database, receiver.id), { disabledReason: 'failing' })
})

t.test('an event is sent again to one endpoint or to all', async (t) => {
  const [one, two] = [await open(t), await open(t, ['pull.failed'])]
  await record()
  await send()
  const eventId = one.received[0]?.id.slice('evt_'.length) ?? ''
  const now = Date.now() + aheadMs
  t.equal(await resendEvent(database, { eventId, now }), 1, 'all that want the type')
  await send()
  t.same([one.received.length, two.received.length], [2, 0])
  t.equal(await resendEvent(database, { eventId, endpointId: two.id, now }), 1)
  await send()
  t.same([one.received.length, two.received.length], [2, 1])
  t.same(one.received[0]?.body, two.received[0]?.body)
})

t.test('a request that this process aborts is sent again, and counts as no attempt', async (t) => {
  const receiver = await open(t)
  receiver.respondWith(() => aborting.abort())
  const aborting = new AbortController()
  const stopping = createEventPump({ ...services, now: () => Date.now() + aheadMs, aborting: aborting.signal })
  await record()
  await stopping.wake()
  await stopping.close()
  t.same(await deliveries(receiver.id), [{ state: 'pending', attempts: 0 }])
  receiver.accept()
  await send()
  t.same(await deliveries(receiver.id), [{ state: 'succeeded', attempts: 1 }])
})

t.test('an event of a worker that crashed is sent after its lease', async (t) => {
  const receiver = await open(t)
  const held: ServerResponse[] = []
  receiver.respondWith((response) => { held.push(response) })
  await record()
  const crashed = createPump()
  await crashed.wake()
  await receiver.receives(1)
  receiver.accept()
  await send()
  t.equal(receiver.received.length, 1, 'not before')
  aheadMs += 61_000
  await send()
  t.same(await deliveries(receiver.id), [{ state: 'succeeded', attempts: 1 }])
  for (const response of held) response.writeHead(500).end()
  await crashed.close()
  t.same(await deliveries(receiver.id), [{ state: 'succeeded', attempts: 1 }], 'the late result changes nothing')
})

t.test('a wake-up resolves although each round is followed by another one', async (t) => {
  let wakeUps = 0
  const busy: EventPump = createEventPump({
    ...services,
    now: () => {
      if (wakeUps++ < 100) busy.wake().catch((error: unknown) => t.fail(String(error)))
      return Date.now() + aheadMs
    }
  })
  await busy.wake()
  t.ok(wakeUps < 10, `${wakeUps}`)
  wakeUps = 100
  await busy.close()
})

t.test('an endpoint whose secret cannot be opened is failing', async (t) => {
  const receiver = await open(t)
  await sql`update endpoints set secrets = 'x'`
  await record()
  await send()
  t.same(await deliveries(receiver.id), [{ state: 'pending', attempts: 1 }])
  t.match(await findEndpoint(database, receiver.id), { failingSince: Date, failure: /secret cannot be opened/ })
})
