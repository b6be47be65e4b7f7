import { openDatabase } from '@carillon/shared/db'
import { backends, createBrowser, createSite, openHandshake, until, walkRedirect } from '@carillon/testing'
import type { Browser, Decision, Page, ConnectionResponse } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { request } from 'undici'
import { spawnCarillon } from './spawn-carillon.ts'

interface Connector {
  provider: string
  canManage: boolean
  contact: string | null
  connection: ConnectionResponse & { missingPermissions: string[], connectedBy: { userId: string } } | null
}

interface Insights {
  data: Array<Record<'account' | 'day' | 'currency' | 'impressions' | 'clicks' | 'spend', string>>
  totals: Array<Record<'currency' | 'spend', string>>
  connection: { status: string, statusReason: string | null }
  pull: { state: string, succeededAt: string | null, failedAt: string | null, failure: string | null } | null
}

const pulls = '/v1/teams/crew/pulls/facebook/insights'

async function openCrew (t: Test, env: Record<string, string>) {
  const { carillon, addresses } = await spawnCarillon(t, { ...env, PULL_BACKFILL_DAYS: '10' })
  const site = createSite(addresses)
  const database = openDatabase({ url: env['DATABASE_URL'] ?? '', max: 1 })
  t.teardown(() => database.close())
  const { api } = site
  const put = async (ownerId: string): Promise<void> => {
    await api('PUT', '/v1/teams/crew', { body: { name: 'The crew', ownerId, memberIds: ['olive', 'max'] } })
  }
  await put('olive')
  const tokenOf = (userId: string) => site.mintToken(userId)
  const input = { provider: 'facebook', kind: 'redirect', teamId: 'crew' }

  return {
    ...site,
    addresses,
    carillon,
    database,
    put,
    tokenOf,
    walk: async (userId: string, decision: Partial<Decision>, browser: Browser = createBrowser()): Promise<Page> => {
      const { startUrl } = await openHandshake(site, userId, input)
      return await walkRedirect(startUrl, { account: userId, answer: 'allow', ...decision }, browser)
    },
    connector: async (userId: string): Promise<Connector | undefined> => {
      const token = await tokenOf(userId)
      const { data } = await api<{ data: Connector[] }>('GET', '/v1/connectors?teamId=crew', { token })
      return data.find(({ provider }) => provider === 'facebook')
    },
    insights: async (userId: string): Promise<Insights> => await api('GET', pulls, { token: await tokenOf(userId) }),
    /** The insights, as soon as `isSo` accepts them. */
    read: async (userId: string, isSo: (insights: Insights) => boolean): Promise<Insights> => {
      const token = await tokenOf(userId)
      return await until(async () => {
        const insights = await api<Insights>('GET', pulls, { token })
        return isSo(insights) && insights
      }, { everyMs: 200, what: 'what is read' })
    },
    refresh: async (userId: string): Promise<void> => { await api('POST', `${pulls}/refresh`, { token: await tokenOf(userId) }) },
    /** The types of the account's items in the simulator. */
    seen: async (account: string): Promise<string[]> => (await site.inbox(account, 'facebook')).map(({ item }) => item.type ?? '')
  }
}

const isComplete = ({ data, pull }: Insights): boolean => data.length > 0 && pull?.succeededAt !== null && pull?.state === 'waiting'

async function journey (t: Test, env: Record<string, string>): Promise<void> {
  const crew = await openCrew(t, env)
  const { addresses, api, carillon, connector, control, database, insights, put, read, refresh, seen, tokenOf, walk } = crew
  const getConnection = (id: string) => api<ConnectionResponse & { missingPermissions: string[] }>('GET', `/v1/connections/${id}`)
  const revocation = async (id: string) => await until(async () => {
    const { revocation } = await getConnection(id)
    return revocation?.state !== 'pending' && revocation
  }, { everyMs: 200, what: 'the revocation' })
  let id = ''

  await t.test('a member learns which owner to ask', async (t) => {
    t.match(await connector('olive'), { canManage: true, contact: null, connection: null })
    t.match(await connector('max'), { canManage: false, contact: 'olive', connection: null })
    t.match(await api('GET', pulls, { token: await tokenOf('max'), expect: 409 }), { code: 'notConnected', contact: 'olive' })
    await api('POST', '/v1/handshakes', { token: await tokenOf('max'), body: { provider: 'facebook', teamId: 'crew' }, expect: 403 })
    await api('GET', pulls, { token: await tokenOf('steve'), expect: 404 })
  })

  await t.test('the owner denies access, and then allows it without a required permission', async (t) => {
    t.match((await walk('olive', { answer: 'deny' })).text, /Reason: denied/)
    const browser = createBrowser()
    const page = await walk('olive', { decline: 'ads_read' }, browser)
    t.match(page.text, /You did not allow <strong>ads_read<\/strong>/)
    const { connection } = await connector('olive') ?? {}
    id = connection?.id ?? ''
    t.match(connection, { status: 'active', missingPermissions: ['ads_read'], connectedBy: { userId: 'olive' } })
    t.match(await read('olive', ({ pull }) => pull !== null && pull.failedAt !== null), {
      data: [], pull: { failure: 'permission is missing (#200)', succeededAt: null }
    })

    // The button on that page requests the permission again.
    const start = await browser.submit(page)
    const dialog = await browser.submit(await browser.get(start.location ?? ''))
    t.match(dialog.location, 'auth_type=rerequest')
    const allowed = await browser.follow(await browser.get(`${dialog.location}&auto=allow&account=olive`))
    t.match([allowed.status, allowed.text], [200, /now uses the account/])
    t.notMatch(allowed.text, 'You did not allow')
    t.match((await connector('olive'))?.connection, { id, missingPermissions: [] })
  })

  await t.test('the data arrives, and every member of the team reads it', async (t) => {
    const { data, totals } = await read('max', isComplete)
    t.ok(data.length >= 18, `${data.length} days of two accounts`)
    for (const row of data) t.match(row, { account: /^act_\d+$/, day: /^\d{4}-\d\d-\d\d$/, impressions: /^\d+$/, clicks: /^\d+$/, spend: /^\d+(\.\d+)?$/ })
    t.equal(new Set(data.map(({ account, day }) => `${account} ${day}`)).size, data.length)
    for (const { currency, spend } of totals) {
      const own = data.filter((row) => row.currency === currency).map((row) => Math.round(Number(row.spend) * 100))
      t.equal(Math.round(Number(spend) * 100), own.reduce((sum, cents) => sum + cents, 0))
    }
    const csv = await request(`${addresses.apiUrl}${pulls}`, { headers: { accept: 'text/csv', authorization: `Bearer ${await tokenOf('max')}` } })
    t.equal((await csv.body.text()).trim().split('\r\n').length, data.length + 1)
    t.match(await seen('olive'), ['granted', 'granted', 'insights'])
    await api('POST', `${pulls}/refresh`, { token: await tokenOf('max'), expect: 403 })
  })

  await t.test('the owner reads the data again, and each row exists once', async (t) => {
    const before = await insights('olive')
    await refresh('olive')
    const after = await read('olive', ({ pull }) => pull?.succeededAt !== before.pull?.succeededAt && pull?.state === 'waiting')
    t.same(after.data.map(({ account, day }) => `${account} ${day}`), before.data.map(({ account, day }) => `${account} ${day}`))
  })

  await t.test('the owner reconnects: the id stays, and the old account\'s token is revoked at Facebook', async (t) => {
    t.equal((await walk('olive', {})).status, 200)
    t.match(await revocation(id), { state: 'done', reason: 'the account is still connected' }, 'one account has one consent: ending it would end the new token')
    await read('olive', isComplete)
    t.notOk((await seen('olive')).includes('removed'))

    const old = (await insights('olive')).data
    t.equal((await walk('olive', { account: 'olive-moved' })).status, 200)
    t.match(await getConnection(id), { id, status: 'active', account: { name: 'olive-moved' } })
    t.match(await revocation(id), { state: 'done', reason: null })
    t.equal((await seen('olive')).at(-1), 'removed', 'which the simulator has seen')
    const { data } = await read('olive', isComplete)
    t.notOk(data.some(({ account }) => old.some((row) => row.account === account)), 'what was read through the old account is gone')
    t.match(await getConnection(id), { status: 'active' }, 'and what Facebook tells of that closes nothing')
  })

  await t.test('the team is handed over, and stays connected', async (t) => {
    await put('max')
    t.match(await connector('olive'), { canManage: false, contact: 'max', connection: { id, status: 'active', connectedBy: { userId: 'olive' } } })
    await api('DELETE', `/v1/connections/${id}`, { token: await tokenOf('olive'), expect: 403 })
    const before = await insights('max')
    await refresh('max')
    await read('olive', ({ pull }) => pull?.succeededAt !== before.pull?.succeededAt)
  })

  await t.test('the new owner sees that the token is no longer valid, and reconnects', async (t) => {
    const before = await insights('max')
    await control('POST', '/tokens/expire', { provider: 'facebook', account: 'olive-moved' })
    await refresh('max')
    // The connection becomes `needsReauth` before the pull that noticed it ends.
    await read('max', ({ connection, pull }) => connection.status === 'needsReauth' && pull?.failedAt !== before.pull?.failedAt)
    t.match(await connector('max'), { canManage: true, connection: { status: 'needsReauth', statusReason: /#190\/463/ } })
    t.match(await connector('olive'), { canManage: false, contact: 'max', connection: { status: 'needsReauth' } })
    t.match((await insights('olive')), { data: [{}], pull: { failedAt: String, failure: /#190\/463/ } }, 'what was read is there still')
    t.equal((await walk('max', {})).status, 200)
    t.match(await getConnection(id), { status: 'active', account: { name: 'max' } })
    await read('olive', isComplete)
  })

  await t.test('removing the app at Facebook disconnects the account and deletes its data', async (t) => {
    t.match(await control('POST', '/facebook/remove-app', { account: 'max' }), { data: [{ kind: 'deauthorize', status: 200 }] })
    t.match(await getConnection(id), { status: 'revoked', statusReason: 'removed at the provider' })
    t.match(await api('GET', pulls, { token: await tokenOf('max'), expect: 409 }), { code: 'notConnected' })
    t.match((await connector('max'))?.connection, null)
    for (const table of ['insights', 'ad_accounts', 'pulls']) t.same(await database.sql`select from ${database.sql(table)}`, [])
  })

  await t.test('a data deletion request returns the page that confirms it', async (t) => {
    t.equal((await walk('max', {})).status, 200)
    t.match(await getConnection(id), { id, status: 'active' })
    await read('max', isComplete)
    const forged = await request(`${addresses.apiUrl}/connect/facebook/delete`, {
      method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'signed_request=c2lnbmVk.e30'
    })
    t.equal(forged.statusCode, 400)
    await forged.body.dump()
    t.match(await getConnection(id), { status: 'active' })

    const { data: [, deletion] } = await control<{ data: Array<Record<string, string>> }>('POST', '/facebook/remove-app', { account: 'max', deleteData: true })
    t.match(deletion, { kind: 'deletion', status: 200, statusUrl: String, confirmationCode: /^[0-9a-f]{32}$/ })
    const page = await createBrowser().get(deletion?.['statusUrl'] ?? '')
    t.match([page.status, page.text], [200, /Your data is deleted/])
    t.match(page.text, deletion?.['confirmationCode'])
    t.match(await getConnection(id), { status: 'revoked', account: { id: '', name: '' } })
    for (const table of ['insights', 'ad_accounts', 'pulls']) t.same(await database.sql`select from ${database.sql(table)}`, [])
  })

  await t.test('the owner disconnects, which revokes the token at Facebook', async (t) => {
    t.equal((await walk('max', { account: 'last' })).status, 200)
    await read('max', isComplete)
    await api('DELETE', `/v1/connections/${id}`, { token: await tokenOf('max') })
    t.match(await revocation(id), { state: 'done', reason: null })
    t.equal((await seen('last')).at(-1), 'removed')
    t.match(await getConnection(id), { status: 'revoked', statusReason: 'disconnected' })
    t.same(await database.sql`select from insights`, [])
    t.match(await api('GET', pulls, { token: await tokenOf('olive'), expect: 409 }), { code: 'notConnected', contact: 'max' })
  })

  await t.test('no process has printed a token, a proof or a code', async (t) => {
    const output = carillon.output()
    t.match(output, 'pulled')
    t.notMatch(output, /EAA\w{20}/)
    t.notMatch(output, /appsecret_proof=|signed_request=|code=AQ|fb_exchange_token/)
  })
}

for (const { kind, skip, open } of await backends()) {
  t.test(`with jobs in ${kind}, a team connects, reads, moves, is handed over and leaves`, { skip }, async (t) => { await journey(t, { ...await open(t) }) })
}
