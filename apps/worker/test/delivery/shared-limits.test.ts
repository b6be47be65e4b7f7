import { backends, spawnApp, until } from '@carillon/testing'
import t from 'tap'
import { ended, openProcesses } from '../open-processes.ts'

const [postgres] = await backends()
if (postgres === undefined) throw new Error('PostgreSQL is always there')
const people = 60
/** How fast the rate grows. */
const growthPerSecond = 1.01

t.test('has one message refused at a domain whose limit is unknown, and shares the limit after the worker is killed', async (t) => {
  const { site, env, database } = await openProcesses(t, await postgres.open(t), {
    DELIVER_LEASE_SECONDS: '30', RECONCILE_SECONDS: '1'
  }, ['email'])
  const { data } = await site.control<{ data: Array<{ account: string }> }>(
    'POST', '/accounts', { provider: 'email', count: people, host: 'limited.example' })
  const users = data.map(({ account }) => account)
  const connections = users.map((address) => ({ userId: address, provider: 'email', credentials: { address } }))
  await site.api('POST', '/v1/connections/import', { body: { connections } })
  await site.control('POST', '/email/limits', { domain: { burst: 20, secondsPerRequest: 10 } })

  const victim = spawnApp(t, 'worker', { env })
  await victim.ready
  const message = { type: 'note', title: 'Hello' }
  const { id } = await site.api<{ id: string }>('POST', '/v1/notifications', {
    body: { audience: { userIds: users }, message, onUnknown: 'resend' }, expect: 202
  })
  const pace = await until(async () => {
    const [row] = await database.sql<Array<{ perSecond: number, untilMs: number }>>`
      select per_second as "perSecond", extract(epoch from silent_until)::float8 * 1000 as "untilMs" from host_paces`
    return row
  }, { what: 'a limit to be learned' })
  await victim.kill()
  t.same(await site.control('GET', '/email/limits'), { refused: 1, learned: 1, ignored: 0 }, 'no other request was under way')
  const before = (await site.inbox('', 'email')).length

  await site.control('POST', '/email/limits', {})
  await database.sql`update claims set until = now() - interval '1 second'`
  const heirs = [spawnApp(t, 'worker', { env }), spawnApp(t, 'worker', { env })]
  await Promise.all(heirs.map(({ ready }) => ready))
  t.match(await ended(site, id), { sent: people })
  const inbox = await site.inbox('', 'email')
  t.equal(new Set(inbox.map(({ account }) => account)).size, people)
  const arrivals = inbox.map(({ at }) => Date.parse(at)).sort((one, other) => one - other).slice(before)
  t.ok((arrivals[0] ?? 0) >= pace.untilMs - 1, 'nothing arrived during the wait')
  const seconds = ((arrivals.at(-1) ?? 0) - pace.untilMs) / 1000
  const permitted = (seconds + 1) * pace.perSecond * growthPerSecond ** seconds + 1
  t.ok(arrivals.length <= permitted, `${arrivals.length} messages in ${seconds} s, at ${pace.perSecond} per second`)
})
