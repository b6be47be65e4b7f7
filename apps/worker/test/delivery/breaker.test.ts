import { saveConnections } from '@carillon/shared/connections'
import { ensureUser } from '@carillon/shared/users'
import { findDelivery } from '@carillon/shared/deliveries'
import { findNotification } from '@carillon/shared/notifications'
import { openSandbox } from '@carillon/sandbox'
import { backends, until } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { startTestStack } from '../start-test-stack.ts'

// Two at a time: more would delay the arrivals that the tests of limits compare.
t.jobs = 2

const everyone = { audience: { everyone: true as const } }
const userNames = (count: number): string[] => Array.from({ length: count }, (_, number) => `user-${number}`)

type Engine = Awaited<ReturnType<typeof startTestStack>>

const hostOf = async ({ database }: Engine, provider: string, host = '') => {
  const [row] = await database.sql<Array<{ breaker: string, reason: string | null, opens: number, isOpened: boolean, waitSeconds: number | null }>>`
    select breaker, reason, opens, opened_at is not null as "isOpened", extract(epoch from retry_at - now())::float8 as "waitSeconds"
    from provider_hosts where provider = ${provider} and host = ${host}`
  return row
}
const attemptsOf = async ({ database }: Engine): Promise<number> => {
  const [row] = await database.sql<[{ attempts: number }]>`select sum(attempts)::int as attempts from deliveries`
  return row.attempts
}
const requestsOf = async ({ control }: Engine): Promise<number> => {
  const { data } = await control<{ data: Array<{ endpoint: string, requests: number }> }>('GET', '/stats')
  return data.find(({ endpoint }) => endpoint === 'POST /pushbullet/v2/pushes')?.requests ?? 0
}

// One backend is enough, because breakers are stored in the database.
const [postgres] = await backends()
if (postgres === undefined) throw new Error('PostgreSQL is always there')
const { open } = postgres

for (const [what, userIds, fields] of [['a broadcast', [], everyone], ['what is sent by name', userNames(100), {}]] as const) {
  t.test(`${what} waits while the provider is down, without an attempt, and is sent afterwards`, async (t) => {
    const stack = await startTestStack(t, await open(t))
    const { connect, notify, inbox, counts, control, database, services } = stack
    await connect(...userNames(100))
    await control('POST', '/faults', { provider: 'pushbullet', match: 'POST /v2/pushes', status: 503 })
    const { id } = await notify([...userIds], fields)
    await until(async () => (await hostOf(stack, 'pushbullet'))?.breaker === 'open', { what: 'an open breaker' })
    await until(async () => (await findNotification(database, id))?.counts.sending === 0)
    t.match(await hostOf(stack, 'pushbullet'), { opens: 1, isOpened: true, reason: /not available/ })
    const [spent, asked] = [await attemptsOf(stack), await requestsOf(stack)]
    t.ok(spent >= 20 && spent < 100, `${spent} attempts until it opened`)
    t.equal(asked, spent, 'each of them a request')

    await until(async () => (await hostOf(stack, 'pushbullet'))?.opens === 2, { what: 'a probe that fails' })
    const again = await hostOf(stack, 'pushbullet')
    t.ok((again?.waitSeconds ?? 0) > 5, 'then it stays open for longer')
    t.equal(await requestsOf(stack), asked + 1, 'a single request was let through')
    t.equal(await attemptsOf(stack), spent, 'and no attempt was spent')
    await until(async () => {
      const [row] = await database.sql<[{ waiting: number }]>`select count(*)::int as waiting from deliveries where due_at is not null`
      return row.waiting === 100
    }, { what: 'all of them waiting' })
    await control('DELETE', '/faults')

    t.match(await counts(id), { sent: 100, failed: 0 })
    t.equal(await attemptsOf(stack), spent + 100)
    t.equal((await inbox()).length, 100)
    await services.breakers.settled()
    t.match(await hostOf(stack, 'pushbullet'), { breaker: 'closed', opens: 0, reason: null, isOpened: false, waitSeconds: null })
  })
}

t.test('notifications to named users stay within the limit, without extra attempts', async (t) => {
  const stack = await startTestStack(t, await open(t), { perSecond: new Map([['pushbullet', 20]]) })
  await stack.connect(...userNames(100))
  await keepsToLimit(t, stack, userNames(100))
})

t.test('a broadcast stays within the limit, without extra attempts', async (t) => {
  const stack = await startTestStack(t, await open(t), { perSecond: new Map([['pushbullet', 20]]) })
  await stack.connect(...userNames(100))
  await keepsToLimit(t, stack, [])
})

t.test('a pump.io host that is down delays no delivery to another host', async (t) => {
  const [down, well] = [await openPump(t), await openPump(t)]
  const stack = await startTestStack(t, await open(t), { offer: ['pumpio'], pumpioHosts: [down.host, well.host] })
  const { notify, delivery, counts, database } = stack
  const downs = await down.connect(stack, userNames(40).map((name) => `down-${name}`))
  const wells = await well.connect(stack, ['ann', 'bob'])
  await down.control('POST', '/faults', { provider: 'pumpio', status: 503 })
  const first = await notify([], everyone)
  await until(async () => (await hostOf(stack, 'pumpio', down.host))?.breaker === 'open', { what: 'an open breaker' })
  for (const connectionId of wells) t.match(await delivery(first.id, connectionId, 'sent'), { attempts: 1 })
  t.equal(await hostOf(stack, 'pumpio', well.host), undefined, 'nothing is held against the other')

  const second = await notify(['down-user-0', 'ann'])
  t.match((await delivery(second.id, wells[0] ?? '', 'sent')).history.map(({ event }) => event), ['queued', 'attempt'])
  const waiting = await until(async () => {
    const found = await findDelivery(database, second.id, downs[0] ?? '')
    return found?.reason === 'breakerOpen' ? found : undefined
  }, { what: 'a delivery that waits for the host' })
  t.match(waiting, { attempts: 0, history: [{ event: 'queued' }, { event: 'wait', reason: 'breakerOpen', until: String }] })
  await down.control('DELETE', '/faults')
  t.match(await counts(first.id), { sent: 42, failed: 0 })
  t.match(await counts(second.id), { sent: 2, failed: 0 })
  t.match(await hostOf(stack, 'pumpio', down.host), { breaker: 'closed', opens: 0 })
})

/**
 * 100 deliveries at 20 a second. The first second may send all 20 at once, so two adjacent seconds may hold 40, and 60 if a busy
 * machine delays those of the second before.
 */
async function keepsToLimit (t: Test, stack: Engine, userIds: string[]): Promise<void> {
  const { notify, counts, inbox, database } = stack
  const { id } = await notify(userIds, userIds.length === 0 ? everyone : {})
  t.match(await counts(id), { sent: 100, failed: 0 })
  const arrivals = (await inbox()).map(({ at }) => Date.parse(at)).sort((one, other) => one - other)
  t.equal(arrivals.length, 100)
  const [first = 0, last = 0] = [arrivals[0], arrivals.at(-1)]
  t.ok(last - first >= 3_500, `it took ${last - first} ms`)
  t.ok(last - first <= 12_000, `it took ${last - first} ms`)
  for (const seconds of [1, 2, 3]) {
    const max = Math.max(...arrivals.map((since) => arrivals.filter((at) => at >= since && at < since + seconds * 1000).length))
    t.ok(max <= 20 * (seconds + 2), `${max} within ${seconds} s`)
  }
  t.match(await database.sql`select distinct attempts from deliveries`, [{ attempts: 1 }])
}

/** A pump.io host of its own. */
async function openPump (t: Test) {
  const sandbox = await openSandbox()
  t.teardown(() => sandbox.close())
  const { host } = new URL(sandbox.urlOf('pumpio'))
  const control = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${sandbox.url}/_control${path}`, {
      method, ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return await response.json()
  }
  const connect = async ({ database, services }: Engine, userIds: string[]): Promise<string[]> => {
    const provider = services.providers.get('pumpio')
    if (provider === undefined) throw new Error('pump.io is not offered')
    const { data } = await control('POST', '/accounts', { provider: 'pumpio', count: userIds.length }) as { data: Array<{ account: string }> }
    const grants = await Promise.all(userIds.map(async (externalId, index) => {
      const account = data[index]
      const { id: userId } = await ensureUser(database, { externalId })
      const name = account?.account ?? ''
      return { userId, provider: 'pumpio', grant: { credentials: provider.parseCredentials(account), account: { id: name, name, host } } }
    }))
    return (await saveConnections(database, services.vault, grants)).map(({ id }) => id)
  }
  return { host, control, connect }
}
