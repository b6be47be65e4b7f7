import t from 'tap'
import { createMemoryRegistrations } from '../src/memory-registrations.ts'

const named = (clientId: string) => ({ clientId, clientSecret: 's' })

t.test('registers once for concurrent callers, for each host and provider', async (t) => {
  const registrations = createMemoryRegistrations()
  const made: string[] = []
  const obtain = (provider: string, host: string) => registrations.obtain(provider, host, async () => {
    made.push(`${provider} ${host}`)
    return named(`client ${made.length}`)
  })
  const first = await Promise.all([obtain('pumpio', 'a.example'), obtain('pumpio', 'a.example'), obtain('pumpio', 'a.example')])
  t.same(first, [named('client 1'), named('client 1'), named('client 1')])
  await obtain('pumpio', 'b.example')
  await obtain('other', 'a.example')
  await obtain('pumpio', 'a.example')
  t.same(made, ['pumpio a.example', 'pumpio b.example', 'other a.example'])
})

t.test('replaces a stale registration once, even for a late caller', async (t) => {
  const registrations = createMemoryRegistrations()
  let count = 0
  const register = async () => named(`client ${++count}`)
  const old = await registrations.obtain('pumpio', 'a.example', register)
  const renewed = await Promise.all([1, 2, 3].map(() => registrations.obtain('pumpio', 'a.example', register, old)))
  t.same(renewed, [named('client 2'), named('client 2'), named('client 2')])
  t.same(await registrations.obtain('pumpio', 'a.example', register, old), named('client 2'))
  t.equal(count, 2)
})

t.test('does not store a failure', async (t) => {
  const registrations = createMemoryRegistrations()
  const fails = () => registrations.obtain('pumpio', 'a.example', async () => { throw new Error('down') })
  t.same((await Promise.allSettled([fails(), fails()])).map(({ status }) => status), ['rejected', 'rejected'])
  t.same(await registrations.obtain('pumpio', 'a.example', async () => named('up')), named('up'))
})

t.test('reports every new registration', async (t) => {
  const told: unknown[] = []
  const registrations = createMemoryRegistrations((...news) => told.push(news))
  for (const host of ['a.example', 'a.example', 'b.example']) await registrations.obtain('pumpio', host, async () => named(host))
  t.same(told, [['pumpio', 'a.example', named('a.example')], ['pumpio', 'b.example', named('b.example')]])
})
