import t from 'tap'
import { loadConfig } from '../../src/config/index.ts'
import { disconnect, findConnection, saveConnections } from '../../src/connections/index.ts'
import { createRefresher, markNeedsReauth, revocationContext } from '../../src/grants/index.ts'
import type { RefreshServices } from '../../src/grants/index.ts'
import { createLog } from '../../src/log/index.ts'
import { createMemoryRegistrations } from '@carillon/clients'
import { createHttp } from '@carillon/http'
import { createProviders, ProviderError } from '../../src/providers/index.ts'
import type { Credentials, Provider, Refreshed } from '../../src/providers/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { connect, grantOf, vault } from '../people.ts'

const database = await openTestDatabase(t)
const { sql } = database
const http = createHttp({ trustedOrigins: [], allowPrivateHosts: [] })
t.teardown(() => http.close())
const registrations = createMemoryRegistrations()
const call = (signal = new AbortController().signal) => ({ http, signal, now: Date.now, registrations })
let people = 0

/** A connection whose provider responds to a refresh when the test lets it. */
async function open (more: Partial<RefreshServices> = {}) {
  const name = `person-${people++}`
  const [id = ''] = await connect(database, [name])
  let asked = (): void => {}
  const isAsked = new Promise<void>((resolve) => { asked = resolve })
  let answer: (how: Refreshed | ProviderError) => void = () => {}
  const answered = new Promise<Refreshed | ProviderError>((resolve) => { answer = resolve })
  let requests = 0
  const [pushbullet] = createProviders(loadConfig({ PUSHBULLET_CLIENT_ID: 'c', PUSHBULLET_CLIENT_SECRET: 's' })).values()
  if (pushbullet === undefined) throw new Error('it is offered')
  const provider: Provider = {
    ...pushbullet,
    revoke: async () => {},
    refresh: async () => {
      requests++
      asked()
      const how = await answered
      if (how instanceof ProviderError) throw how
      return how
    }
  }
  const log = createLog({ name: 'test', level: 'fatal' })
  const refresher = createRefresher({ database, vault, log, ...more })
  const fresh: Credentials = { accessToken: `fresh-of-${name}` }
  return {
    id,
    name,
    isAsked,
    answer: () => answer({ credentials: fresh }),
    refuse: () => answer(new ProviderError({ kind: 'unauthorized', reason: 'refused' }, 'p.example')),
    fresh,
    requests: () => requests,
    refresh: (signal?: AbortSignal) => refresher.refresh(provider, { grantId: id, seenVersion: 1 }, call(signal)),
    newer: (signal?: AbortSignal) => refresher.newer(provider, { grantId: id, seenVersion: 1 }, call(signal)),
    reconnect: async () => {
      const { owner } = await findConnection(database, id) ?? {}
      await saveConnections(database, vault, [{ userId: owner?.userId ?? '', provider: 'pushbullet', grant: grantOf(name, 'newest') }])
    },
    revoked: async () => (await sql<Array<{ id: string, credentials: string }>>`
      select id, credentials from revocations where connection_id = ${id} order by id`)
      .map((row) => JSON.parse(vault.open(row.credentials, revocationContext(row.id))))
  }
}

t.test('revokes credentials that were rotated during a disconnect, and does not store them', async (t) => {
  const { id, refresh, isAsked, answer, fresh, revoked } = await open()
  const result = refresh()
  await isAsked
  await disconnect(database, id)
  answer()
  t.same(await result, { kind: 'dead', reason: 'disconnected' })
  t.match(await findConnection(database, id), { status: 'revoked', credentialsVersion: 2 })
  t.same(await revoked(), [fresh], 'no row contains them')
})

t.test('prefers a reconnect to the result of a late refresh', async (t) => {
  for (const how of ['answer', 'refuse'] as const) {
    const opened = await open()
    const result = opened.refresh()
    await opened.isAsked
    await opened.reconnect()
    opened[how]()
    t.match(await result, { kind: 'fresh', fresh: { credentials: { accessToken: 'newest' }, credentialsVersion: 2 } }, how)
    t.match(await findConnection(database, opened.id), { status: 'active', credentialsVersion: 2 }, how)
    t.same(await opened.revoked(), [], 'the provider itself revokes the replaced credentials')
  }
})

t.test("continues after a caller's signal aborts, because other callers wait and the result must be stored", async (t) => {
  const { id, refresh, isAsked, answer, fresh, requests } = await open()
  const impatient = new AbortController()
  const [first, second] = [refresh(impatient.signal), refresh()]
  await isAsked
  impatient.abort()
  t.same(await first, { kind: 'unavailable', reason: 'no new credentials came in time' })
  t.match(await refresh(AbortSignal.abort()), { kind: 'unavailable' }, 'a signal that is already aborted')
  answer()
  t.match(await second, { kind: 'fresh', fresh: { credentials: fresh, credentialsVersion: 2 } })
  t.equal(requests(), 1, 'all callers in a process share one request')
  t.match(await findConnection(database, id), { status: 'active', credentialsVersion: 2 })
})

t.test('returns the result of another process, or waits for it, without a request to the provider', async (t) => {
  const idle = await open()
  t.equal(await idle.newer(), undefined, 'no refresh is running')
  await idle.reconnect()
  t.match(await idle.newer(), { kind: 'fresh', fresh: { credentials: { accessToken: 'newest' }, credentialsVersion: 2 } })
  t.equal(idle.requests(), 0)

  const busy = await open()
  const refreshing = busy.refresh()
  await busy.isAsked
  t.same(await busy.newer(AbortSignal.abort()), { kind: 'unavailable', reason: 'no new credentials came in time' })
  const waiting = busy.newer()
  busy.answer()
  t.match(await waiting, { kind: 'fresh', fresh: { credentials: busy.fresh, credentialsVersion: 2 } })
  await refreshing
  t.equal(busy.requests(), 1)
})

t.test('returns the result of a refresh that ends while its lease is looked up', async (t) => {
  let endRefresh = async (): Promise<void> => {}
  const watched = {
    ...database,
    sql: new Proxy(sql, {
      apply: (target, self, args) => {
        const query = () => Reflect.apply(target, self, args)
        return String(args[0]).includes('select from grants where id') ? endRefresh().then(query) : query()
      }
    })
  }
  const busy = await open({ database: watched })
  const refreshing = busy.refresh()
  await busy.isAsked
  endRefresh = async () => {
    busy.answer()
    await refreshing
  }
  t.match(await busy.newer(), { kind: 'fresh', fresh: { credentials: busy.fresh, credentialsVersion: 2 } })
})

t.test('makes no request for credentials that are dead or cannot be refreshed', async (t) => {
  const dead = await open()
  await markNeedsReauth(database, { grantId: dead.id, credentialsVersion: 1, reason: 'x' })
  t.same(await dead.refresh(), { kind: 'dead', reason: 'the user has to reconnect' })
  const closed = await open()
  await disconnect(database, closed.id)
  t.same(await closed.refresh(), { kind: 'dead', reason: 'disconnected' })
  t.same([dead.requests(), closed.requests()], [0, 0])
})

t.test('releases parked deliveries only when refused credentials recover', async (t) => {
  for (const isGivenUp of [true, false]) {
    const released: string[] = []
    const { id, refresh, isAsked, answer } = await open({
      onRecovered: async (connectionIds) => {
        released.push(...connectionIds)
        throw new Error('which costs nothing but time')
      }
    })
    const result = refresh()
    await isAsked
    if (isGivenUp) {
      // While a process refreshes, only the owner of a later lease may mark the credentials as refused.
      await sql`update grants set status = 'needsReauth' where id = ${id}`
      await sql`update connections set status = 'needsReauth', status_reason = 'x' where id = ${id}`
    }
    answer()
    t.match(await result, { kind: 'fresh' })
    t.same(released, isGivenUp ? [id] : [])
  }
})

t.test('stores rotated credentials as soon as the database is available again', async (t) => {
  const lines: string[] = []
  let failTwice = (): void => {}
  const hasFailedTwice = new Promise<void>((resolve) => { failTwice = resolve })
  const write = (line: string): void => { if (lines.push(line) === 2) failTwice() }
  const log = createLog({ name: 'test', level: 'warn', destination: { write } })
  const { id, refresh, isAsked, answer, fresh } = await open({ log })
  const result = refresh()
  await isAsked
  await sql`alter table grants rename column expires_at to expires_elsewhere`
  answer()
  await hasFailedTwice
  await sql`alter table grants rename column expires_elsewhere to expires_at`
  t.match(await result, { kind: 'fresh', fresh: { credentials: fresh } })
  t.match(lines.join(''), /could not store refreshed credentials, retrying/)
  t.match(await findConnection(database, id), { status: 'active', credentialsVersion: 2 })
})
