import t from 'tap'
import { findSealed } from '@carillon/shared/connections'
import { openCredentials } from '@carillon/shared/grants'
import { at, openTestApi, textAt } from '../open-api.ts'
import { noteTo } from '../v1/seed.ts'

const api = await openTestApi(t, { offer: ['pushbullet', 'email'] })
const token = await api.makeKey()
const importing = (connections: unknown) => api.ask('POST', '/v1/connections/import', { token, body: { connections } })

async function newTokens (count: number): Promise<Array<{ account: string, accessToken: string }>> {
  const { data } = await api.control('POST', '/accounts', { provider: 'pushbullet', count }) as { data: Array<{ account: string, accessToken: string }> }
  return data
}

const item = (userId: string, accessToken: unknown, more = {}) => ({ userId, provider: 'pushbullet', credentials: { accessToken }, ...more })

t.test('imports tokens, and requests their accounts from the provider', async (t) => {
  const [one, other] = await newTokens(2)
  const { status, body } = await importing([
    item('ann', one?.accessToken), item('bob', other?.accessToken, { account: { id: 'b-1', name: 'Bob of old' }, expiresAt: '2100-01-01T00:00:00Z' })
  ])
  t.equal(status, 200)
  t.match(body, {
    imported: 2,
    failed: 0,
    data: [{ index: 0, userId: 'ann', provider: 'pushbullet', connectionId: /^con_/ }, { index: 1, userId: 'bob', connectionId: /^con_/ }]
  })
  t.match((await api.ask('GET', `/v1/connections/${textAt(body, 'data.0.connectionId')}`, { token })).body, {
    userId: 'ann', account: { name: new RegExp(`^${one?.account}$`, 'i') }
  })
  t.match((await api.ask('GET', `/v1/connections/${textAt(body, 'data.1.connectionId')}`, { token })).body, {
    account: { id: 'b-1', name: 'Bob of old' }, expiresAt: '2100-01-01T00:00:00.000Z'
  })
  t.match((await api.ask('POST', `/v1/connections/${textAt(body, 'data.0.connectionId')}/test`, { token })).body, { ok: true })
})

t.test('returns a result for each item, without credentials', async (t) => {
  const [good] = await newTokens(1)
  const answer = await importing([
    item('good', good?.accessToken),
    item('dead', 'o.dead-token'),
    item('bad', 'o.white space'),
    { ...item('lost', 'o.lost-token'), provider: 'nobody' },
    item('good', 'o.another-token')
  ])
  t.equal(answer.status, 200)
  t.match(answer.body, {
    imported: 1,
    failed: 4,
    data: [
      { index: 0, userId: 'good', connectionId: /^con_/ },
      { index: 1, userId: 'dead', error: { code: 'unauthorized', reason: 'access token is not accepted' } },
      { index: 2, userId: 'bad', error: { code: 'badCredentials' } },
      { index: 3, userId: 'lost', provider: 'nobody', error: { code: 'unknownProvider' } },
      { index: 4, userId: 'good', error: { code: 'duplicate' } }
    ]
  })
  t.notMatch(JSON.stringify(answer.body), /o\.\w/)
  t.match((await api.ask('POST', '/v1/notifications', { token, body: noteTo('dead') })).body, {
    unreachable: [{ userId: 'dead', reason: 'unknownUser' }]
  }, 'and it does not create the user of a refused item')
})

t.test('imports e-mail addresses, and says which items lack one', async (t) => {
  const mail = (userId: string, credentials: object, more = {}) => ({ userId, provider: 'email', credentials, ...more })
  const { status, body } = await importing([
    mail('eva', { address: 'Eva@Example.com' }),
    mail('fay', { address: 'fay@example.com' }, { account: { id: 'row 7', name: 'Fay at work' } }),
    mail('gus', {}),
    mail('hal', { address: '' }),
    mail('ida', { address: 'ida at example.com' }),
    item('jan', undefined)
  ])
  const lacking = { code: 'badCredentials', reason: 'credentials lack an e-mail address' }
  t.equal(status, 200)
  t.match(body, {
    imported: 2,
    failed: 4,
    data: [
      { connectionId: /^con_/, error: undefined }, { connectionId: /^con_/, error: undefined }, { userId: 'gus', error: lacking },
      { userId: 'hal', error: lacking }, { userId: 'ida', error: lacking }, { userId: 'jan', error: { code: 'badCredentials' } }
    ]
  })
  t.match((await api.ask('GET', '/v1/connections?userId=eva', { token })).body, { data: [{ account: { id: 'eva@example.com', name: 'Eva@example.com' } }] })
  const fay = { id: 'fay@example.com', name: 'Fay at work' }
  t.match((await api.ask('GET', '/v1/connections?userId=fay', { token })).body, { data: [{ account: fay }] }, 'bounces find it by its address')
})

t.test('replaces the token of an existing connection, and releases its parked deliveries', async (t) => {
  const [first, second] = await newTokens(2)
  const before = textAt((await importing([item('again', first?.accessToken)])).body, 'data.0.connectionId')
  await api.database.sql`update connections set status = 'needsReauth', status_reason = 'dead' where id = ${before.slice(4)}`
  const notification = textAt((await api.ask('POST', '/v1/notifications', { token, body: noteTo('again') })).body, 'id')
  const after = textAt((await importing([item('again', second?.accessToken)])).body, 'data.0.connectionId')
  t.equal(after, before)
  const sealed = await findSealed(api.database, after.slice(4))
  const provider = api.services.providers.get('pushbullet')
  if (sealed === undefined || provider === undefined) return t.fail('there is no connection')
  t.equal(openCredentials(api.services.vault, provider, sealed).accessToken, second?.accessToken)
  t.match((await api.ask('GET', `/v1/notifications/${notification}`, { token })).body, { counts: { queued: 1, parked: 0 } })
})

t.test('imports a thousand items per request', async (t) => {
  const tokens = await newTokens(1_000)
  const before = await requests()
  const { status, body } = await importing(tokens.map(({ accessToken, account }, index) => {
    return item(`bulk-${index}`, accessToken, index % 2 === 0 ? {} : { account: { id: account, name: account } })
  }))
  t.equal(status, 200)
  t.match(body, { imported: 1_000, failed: 0 })
  t.equal(await requests() - before, 500, 'and it only requests the accounts that the items do not state')
})

t.test('refuses an invalid import', async (t) => {
  const wrong: Array<[unknown, string]> = [
    [undefined, 'connections'],
    [[], 'connections'],
    [Array.from({ length: 1_001 }, (_, index) => item(`u${index}`, 'x')), 'connections'],
    ['all of them', 'connections']
  ]
  for (const [connections, path] of wrong) {
    const answer = await importing(connections)
    t.match([answer.status, at(answer.body, 'errors.0.path')], [400, path])
  }
})

t.test('imports the valid items of a request, and describes the error of each other item', async (t) => {
  const [one, other] = await newTokens(2)
  const bad: Array<[unknown, string]> = [
    [item('', 'x'), 'userId'],
    [item('a', 7), 'credentials.accessToken'],
    [item('a', 'x', { teamId: 't' }), 'teamId'],
    [item('a', 'x', { account: { id: '1' } }), 'account.name'],
    [item('a', 'x', { expiresAt: 'soon' }), 'expiresAt'],
    [item('a\0', 'x'), 'userId'],
    [item('a', 'x', { account: { id: '1', name: '\ud800' } }), 'account.name'],
    [null, ''], [[], ''], ['text', ''], [7, ''], [{}, 'userId'],
    ...['0000-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '0001-01-01T00:00:00+23:59', '9999-12-31T23:59:59-23:59', '2026-06-30T23:59:60Z']
      .map((expiresAt): [unknown, string] => [item('a', 'x', { expiresAt }), 'expiresAt'])
  ]
  const connections = [
    item('first', one?.accessToken, { expiresAt: '9999-12-31T23:59:59.999Z' }), ...bad.map(([value]) => value), item('last', other?.accessToken, {
      expiresAt: '1970-01-01T00:00:00Z'
    })
  ]
  const { status, body } = await importing(connections)
  t.equal(status, 200)
  t.match(body, { imported: 2, failed: bad.length })
  t.match([at(body, 'data.0.userId'), at(body, `data.${bad.length + 1}.userId`)], ['first', 'last'])
  for (const [index, [, path]] of bad.entries()) {
    t.match(at(body, `data.${index + 1}`), { index: index + 1, error: { code: 'invalidItem', path, reason: String } }, path)
  }
  t.match((await api.ask('GET', '/v1/connections?userId=first', { token })).body, { data: [{ expiresAt: '9999-12-31T23:59:59.999Z' }] })
})

t.test('refuses an account that cannot be stored, and imports the others', async (t) => {
  const odd = await openTestApi(t, {
    change: ({ providers }) => ({
      providers: new Map([...providers].map(([id, provider]) => [id, { ...provider, identify: async () => ({ id: '1', name: 'a\0b' }) }]))
    })
  })
  const { status, body } = await odd.ask('POST', '/v1/connections/import', {
    token: await odd.makeKey(), body: { connections: [item('odd', 'o.odd'), item('even', 'o.even', { account: { id: '2', name: 'Even' } })] }
  })
  t.equal(status, 200)
  t.match(body, { imported: 1, data: [{ error: { code: 'notIdentified' } }, { connectionId: /^con_/ }] })
})

t.test('changes only the token when the same items are imported again', async (t) => {
  const accounts = await newTokens(3)
  const items = accounts.map(({ accessToken }, index) => item(`twice-${index}`, accessToken))
  const first = await importing(items)
  const held = async () => (await api.database.sql`
    select connections.id, external_id, status, account_id, account_name from connections join users on users.id = user_id
    where external_id like 'twice-%' order by 2`).map((row) => ({ ...row }))
  const before = await held()
  t.equal(before.length, 3)
  for (let time = 0; time < 3; time++) t.same((await importing(items)).body, first.body, 'the same response, with the same connections')
  t.same(await held(), before)
  const [queued] = await api.database.sql<[{ count: number }]>`select count(*)::int as count from revocations`
  t.equal(queued.count, 0, 'and it does not revoke the token that is in use')
})

async function requests (): Promise<number> {
  const { data } = await api.control('GET', '/stats') as { data: Array<Record<string, unknown>> }
  const me = data.find((row) => JSON.stringify(row).includes('users/me'))
  return Number(me?.['requests'] ?? 0)
}
