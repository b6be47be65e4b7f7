import { migrateDatabase, openDatabase, publicId } from '@carillon/shared/db'
import { exampleProvider } from '@carillon/shared/providers'
import { migrateQueue } from '@carillon/shared/queue'
import { backends, createBrowser, createSite, earlierDatabase, sandboxEnvironment, spawnApp, testKeys, until, walkRedirect } from '@carillon/testing'
import type { Site } from '@carillon/testing'
import t from 'tap'
import { insertLandedRows, landedUsers, parkedUser, sentTo } from './landed-rows.ts'
import type { LandedAccount } from './landed-rows.ts'

for (const { kind, skip, open: openStores } of await backends()) {
  t.test(`with jobs in ${kind}, an upgraded database delivers what the earlier version had accepted, once`, { skip }, async (t) => {
    const { url: DATABASE_URL } = await earlierDatabase(t, '0006')
    const database = openDatabase({ url: DATABASE_URL, max: 1 })
    t.teardown(() => database.close())
    const sandbox = spawnApp(t, 'sandbox', { env: { SANDBOX_PORT: '0' } })
    const { url: sandboxUrl } = await sandbox.ready
    const { data: accounts } = await createSite({ apiUrl: '', sandboxUrl, operatorKey: '' }).control<{ data: LandedAccount[] }>(
      'POST', '/accounts', { provider: exampleProvider, count: landedUsers.length })
    const keys = testKeys()
    const { operatorKey, ids, handshakes } = await insertLandedRows(database, { keys, provider: exampleProvider, accounts })

    await migrateDatabase({ url: DATABASE_URL })
    await migrateQueue({ url: DATABASE_URL })
    const env = {
      ...await openStores(t),
      DATABASE_URL,
      CARILLON_KEYS: keys,
      PORT: '0',
      RECONCILE_SECONDS: '1',
      ...await sandboxEnvironment(sandboxUrl, exampleProvider)
    }
    const [api, worker] = [spawnApp(t, 'api', { env }), spawnApp(t, 'worker', { env })]
    const { url: apiUrl } = await api.ready
    await worker.ready
    const site = createSite({ apiUrl, sandboxUrl, operatorKey })

    const at = (...users: number[]): string[] => users.map((user) => accounts[user]?.account ?? '')
    const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index)
    const withoutUsers: Record<string, string[]> = {
      scheduled: at(0),
      due: at(1),
      retrying: at(2),
      lost: at(3),
      broadcast: at(...range(sentTo, parkedUser))
    }
    await until(async () => same(await received(site), withoutUsers), { what: 'everything that waits for no user is delivered' })
    const broadcast = `/v1/notifications/${publicId('notification', ids.broadcast)}`
    const { counts } = await site.api<{ counts: Record<string, number> }>('GET', broadcast)
    t.match(counts, { sent: parkedUser, parked: 1 })

    await site.api('POST', `/v1/notifications/${publicId('notification', ids.paused)}/resume`)
    const started = await open(site, handshakes.started, parkedUser)
    await walkRedirect(started.startUrl, { answer: 'allow', account: accounts[parkedUser]?.account ?? '' })
    t.match(await started.look(), { status: 'completed' })
    const confirmed = await open(site, handshakes.confirmed, 0)
    t.match(await createBrowser().get(confirmed.startUrl), { status: 403 }, 'it belongs to the browser that confirmed it')
    t.match(await site.walk(landedUsers[0] ?? '', { account: accounts[0]?.account ?? '' }), { status: 200 }, 'the user can start another one')
    const all = { ...withoutUsers, broadcast: at(...range(sentTo, landedUsers.length)), paused: at(4, 5), parked: at(parkedUser) }
    await until(async () => same(await received(site), all), { what: 'paused and parked notifications are delivered' })

    for (const id of Object.values(ids)) {
      const path = `/v1/notifications/${publicId('notification', id)}`
      const { status } = await until(async () => {
        const found = await site.api<{ status: string }>('GET', path)
        return ['completed', 'canceled'].includes(found.status) ? found : undefined
      }, { what: `the end of ${path}` })
      t.equal(status, id === ids.canceled ? 'canceled' : 'completed')
    }
    t.same(await received(site), sorted(all), 'nothing was delivered twice')
    t.same(await database.sql`
      select state, count(*)::int as number from deliveries where notification_id = any (${Object.values(ids)}::uuid[])
      group by 1 order by 1`, [
      { state: 'canceled', number: 1 }, { state: 'sent', number: 7 + landedUsers.length }
    ])
    t.same(await database.sql`select from segments`, [])
    t.same(await database.sql`select from claims`, [])
  })
}

async function open (site: Site, id: string, user: number) {
  const token = await site.mintToken(landedUsers[user] ?? '')
  const look = () => site.api<{ status: string, startUrl: string }>('GET', `/v1/handshakes/${publicId('handshake', id)}`, { token })
  return { ...await look(), look }
}

/** The accounts that received each title, once per message. Leaves out the welcome of those who connected. */
async function received (site: Site): Promise<Record<string, string[]>> {
  const entries = await site.inbox()
  const titles: Record<string, string[]> = {}
  for (const { account, item: { title = '' } } of entries) {
    if (!title.endsWith('is connected')) (titles[title] ??= []).push(account)
  }
  return sorted(titles)
}

function sorted (titles: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(titles).sort().map(([title, accounts]) => [title, [...accounts].sort()]))
}

function same (one: Record<string, string[]>, other: Record<string, string[]>): boolean {
  const [found, expected] = [JSON.stringify(one), JSON.stringify(sorted(other))]
  if (found !== expected) throw new Error(found)
  return true
}
