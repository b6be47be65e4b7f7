import t from 'tap'
import { openTestSandbox } from '../open-test-sandbox.ts'

const sandbox = await openTestSandbox(t)

async function isAlive (accessToken: string): Promise<boolean> {
  return (await sandbox.call('GET', '/pushbullet/v2/users/me', { headers: { 'access-token': accessToken } })).status === 200
}

t.test('creates the requested number of accounts, each with its own token', async (t) => {
  const { status, json } = await sandbox.call('POST', '/_control/accounts', { body: { provider: 'pushbullet', count: 1000 } })
  t.equal(status, 200)
  const made = json['data'] as Array<{ account: string, accessToken: string }>
  t.equal(made.length, 1000)
  t.equal(new Set(made.map(({ account }) => account)).size, 1000)
  t.equal(new Set(made.map(({ accessToken }) => accessToken)).size, 1000)
  t.ok(await isAlive(made[999]?.accessToken ?? ''))
})

t.test('creates accounts of one workspace or domain', async (t) => {
  const create = async (provider: string) =>
    (await sandbox.call('POST', '/_control/accounts', { body: { provider, count: 2, host: 'acme.example' } })).json['data'] as Array<{ account: string, workspaceId: string }>
  const [ann, bob] = await create('slack')
  t.match([ann, bob], [{ account: /@acme\.example$/, workspaceId: ann?.workspaceId }, { account: /@acme\.example$/, workspaceId: ann?.workspaceId }])
  t.not(ann?.account, bob?.account)
  t.match(await create('email'), [{ account: /@acme\.example$/ }, { account: /@acme\.example$/ }])
})

t.test('creates a hundred thousand accounts within twenty seconds', async (t) => {
  const began = Date.now()
  const { json } = await sandbox.call('POST', '/_control/accounts', { body: { provider: 'pushbullet', count: 100_000 } })
  t.equal((json['data'] as unknown[]).length, 100_000)
  t.ok(Date.now() - began < 20_000)
})

t.test('revokes every token of one account, and of no other', async (t) => {
  for (const [path, member] of [['revoke', 'revoked'], ['expire', 'expired']] as const) {
    const one = await sandbox.join()
    const other = await sandbox.join()
    const { status, json } = await sandbox.call('POST', `/_control/tokens/${path}`, { body: { provider: 'pushbullet', account: one.account } })
    t.equal(status, 200)
    t.same(json, { [member]: 1 })
    t.match(await one.v2('POST', '/pushes', { body: { type: 'note' } }), { status: 401, json: { error_code: 'invalid_access_token' } })
    t.ok(await isAlive(other.accessToken))
  }
})

t.test('revokes all tokens without an account', async (t) => {
  const { accessToken } = await sandbox.join()
  await sandbox.call('POST', '/_control/tokens/revoke', { body: { provider: 'pushbullet' } })
  t.notOk(await isAlive(accessToken))
})

t.test('lets an account grant access again after its tokens were revoked', async (t) => {
  const grant = async (): Promise<string> => {
    const query = new URLSearchParams({
      client_id: 'carillon', redirect_uri: `${sandbox.url}/connect/pushbullet/callback`, response_type: 'token', auto: 'allow', account: 'dora'
    })
    const { headers } = await sandbox.call('GET', `/pushbullet/authorize?${query}`)
    return new URL(headers.get('location') ?? '').hash.slice('#access_token='.length)
  }
  const first = await grant()
  await sandbox.call('POST', '/_control/tokens/revoke', { body: { provider: 'pushbullet', account: 'dora' } })
  const second = await grant()
  t.notOk(await isAlive(first))
  t.ok(await isAlive(second))
})

t.test('refuses invalid input, in JSON', async (t) => {
  const refused: Array<[string, unknown, RegExp]> = [
    ['accounts', { provider: 'pushbullet' }, /count/],
    ['accounts', { provider: 'pushbullet', count: 0 }, /count/],
    ['accounts', { provider: 'pushbullet', count: 500_001 }, /count/],
    ['accounts', { provider: 'pushbullet', count: '5' }, /count/],
    ['accounts', { provider: 'nope', count: 1 }, /provider: got "nope"/],
    ['tokens/revoke', {}, /provider/],
    ['tokens/revoke', { provider: 'pushbullet', account: 'nobody' }, /pushbullet has no account "nobody"/],
    ['tokens/expire', { provider: 'pushbullet', acount: 'alice' }, /additional/],
    ['clock', { advanceSeconds: -1 }, /advanceSeconds/],
    ['clock', {}, /advanceSeconds/]
  ]
  for (const [path, body, words] of refused) {
    t.match(await sandbox.call('POST', `/_control/${path}`, { body }), { status: 400, json: { error: words } }, path)
  }
  const headers = { 'content-type': 'application/json' }
  t.match(await sandbox.call('POST', '/_control/accounts', { body: '{', headers }), { status: 400, json: { error: /JSON/ } })
})
