import { randomUUID } from 'node:crypto'
import t from 'tap'
import { createMemoryRegistrations } from '../../src/memory-registrations.ts'
import { ProviderError } from '@carillon/http'
import { createPumpio } from '../../src/pumpio/pumpio.ts'
import { openPumpio, refused } from './open-pumpio.ts'

const { simulator, host, pumpio, connectUser, call } = await openPumpio(t)
const { begin, complete } = pumpio.handshakes.verifier

t.test('parses accounts as users write them, and nothing else', async (t) => {
  const read = (text: string) => pumpio.parseAccount(text)
  t.same(read(' alice@pump.example '), { name: 'alice', host: 'pump.example' })
  t.same(read('acct:Alice.B-c_1@PUMP.example:443'), { name: 'Alice.B-c_1', host: 'pump.example' })
  t.same(read('@alice@pump.example:8443'), { name: 'alice', host: 'pump.example:8443' })
  t.same(read('alice@bücher.example'), { name: 'alice', host: 'xn--bcher-kva.example' })
  t.same(read(`alice@${host}`), { name: 'alice', host })
  t.same(read('alice@[::1]:8080'), { name: 'alice', host: '[::1]:8080' })
  const none = [
    '', 'alice', 'alice@', '@pump.example', 'alice@pump.example/feed', 'alice@pump.example?x', 'alice@pump.example#x', 'a b@pump.example',
    'alice@b@pump.example', 'alice:secret@pump.example', 'https://pump.example/alice', 'alice@pump.example:99999', 'alice@pump example',
    '../..@pump.example', 'alice@pump.example\\@evil.example', `${'a'.repeat(65)}@pump.example`, 'alice@%00', 'alice@[::1', 'al/ice@pump.example'
  ]
  for (const text of none) {
    const error = thrown(() => read(text))
    t.match(error.failure, { kind: 'rejected' }, text)
    if (text !== '') t.notOk(error.message.includes(text), 'the error does not repeat it')
  }
})

t.test('keeps every member of its credentials, including the audience', async (t) => {
  const { credentials } = await connectUser()
  t.same(Object.keys(credentials).sort(), ['accessToken', 'accessTokenSecret', 'account', 'clientId', 'clientSecret'])
  for (const audience of ['followers', 'public', ['bob@pump.example', `alice@${host}`]]) {
    t.same(pumpio.parseCredentials({ ...credentials, audience }), { ...credentials, audience })
  }
  for (const wrong of [
    { account: 'alice' }, { account: 7 }, { accessTokenSecret: '' }, { accessTokenSecret: undefined }, { clientId: 'a b' },
    { clientSecret: 'a\nb' }, { audience: 'everyone' }, { audience: [] }, { audience: ['bob'] }, { audience: 7 }
  ]) {
    t.match(thrown(() => pumpio.parseCredentials({ ...credentials, ...wrong })).failure, { kind: 'malformed' }, JSON.stringify(wrong))
  }
})

t.test('refuses an invalid configuration', async (t) => {
  const application = { name: 'Carillon' }
  for (const host of ['', 'http://pump.example', 'a b', 'user@pump.example', 'pump.example/path']) {
    t.throws(() => createPumpio({ application, insecureHosts: [host] }), TypeError, host)
  }
  t.throws(() => createPumpio({ application, audience: ['bob'] }), ProviderError)
  t.same(createPumpio({ application }).origins, [])
  t.same(createPumpio({ application, insecureHosts: ['Pump.example:80', 'localhost:8080'] }).origins, ['http://pump.example', 'http://localhost:8080'])
})

t.test('connects with a verifier from a page', async (t) => {
  const { authorizeUrl, token, pending } = await begin(`alice@${host}`, null, call(t))
  t.equal(new URL(authorizeUrl).host, host)
  t.equal(new URL(authorizeUrl).searchParams.get('oauth_token'), token)
  const grant = await complete(JSON.parse(JSON.stringify(pending)), ` ${await allow(authorizeUrl, 'alice')}\n`, call(t))
  t.same(grant.account, { id: `alice@${host}`, name: `alice@${host}`, host })
  t.equal(grant.credentials.account, `alice@${host}`)
  t.notOk('expiresAt' in grant)
  t.same(await pumpio.identify(grant.credentials, call(t)), grant.account)
})

t.test('connects with a verifier from a callback', async (t) => {
  const { authorizeUrl, token, pending } = await begin(`bob@${host}`, 'http://127.0.0.1:4000/connect/pumpio/callback?x=1', call(t))
  const answer = await fetch(`${authorizeUrl}&auto=allow&account=bob`, { redirect: 'manual' })
  const { searchParams } = new URL(answer.headers.get('location') ?? '')
  t.equal(searchParams.get('x'), '1')
  t.equal(searchParams.get(pumpio.handshakes.verifier.callbackParameters.token), token)
  const { account } = await complete(pending, searchParams.get(pumpio.handshakes.verifier.callbackParameters.verifier) ?? '', call(t))
  t.equal(account.name, `bob@${host}`)
})

t.test('connects the account that granted access, even if it is not the entered one', async (t) => {
  const { authorizeUrl, pending } = await begin(`alice@${host}`, null, call(t))
  const { account, credentials } = await complete(pending, await allow(authorizeUrl, 'carol'), call(t))
  t.equal(account.id, `carol@${host}`)
  t.equal(credentials.account, `carol@${host}`)
})

t.test('refuses a verifier that is invalid, wrong, too early or used', async (t) => {
  await quirk('ignoresVerifier', false)
  t.teardown(() => quirk('ignoresVerifier', true))
  const { authorizeUrl, pending } = await begin(`dave@${host}`, null, call(t))
  const other = await begin(`dave@${host}`, null, call(t))
  const wrong = async (verifier: string, why: string) => await refused(t, complete(pending, verifier, call(t)), { kind: 'rejected' }, why)
  await wrong('', 'none')
  await wrong('two words', 'none')
  await wrong('x'.repeat(5_000), 'none')
  await wrong('guessed', 'no user has allowed access')
  const verifier = await allow(authorizeUrl, 'dave')
  await wrong('guessed', 'not the one')
  await refused(t, complete(other.pending, verifier, call(t)), { kind: 'rejected' }, 'that of another handshake')
  await complete(pending, verifier, call(t))
  await wrong(verifier, 'used')
  await refused(t, complete({ host }, verifier, call(t)), { kind: 'malformed' }, 'not begun at all')
})

t.test('registers once per host, and again when the host has lost the client', async (t) => {
  const registrations = createMemoryRegistrations()
  const registered = () => simulator.calls('POST /api/client/register')
  const before = await registered()
  const connect = async () => {
    const { authorizeUrl, pending } = await begin(`erin@${host}`, null, call(t, {}, registrations))
    return (await complete(pending, await allow(authorizeUrl, 'erin'), call(t))).credentials
  }
  const [first] = await Promise.all([connect(), connect(), connect()])
  t.equal(await registered(), before + 1)
  t.equal((await connect()).accessToken, first.accessToken, 'the host returns the same token again')
  t.equal(await registered(), before + 1)

  await simulator.control('pumpio/forget-clients', {})
  await refused(t, pumpio.identify(first, call(t)), { kind: 'unauthorized', status: 401 }, 'the token went with its client')
  const [second] = await Promise.all([connect(), connect()])
  t.equal(await registered(), before + 2)
  t.not(second.clientId, first.clientId)
  t.match(await pumpio.identify(second, call(t)), { name: `erin@${host}` })
})

t.test('keeps using its token when the host has a new registration', async (t) => {
  const { credentials } = await connectUser()
  const registrations = createMemoryRegistrations()
  await begin(`frank@${host}`, null, call(t, {}, registrations))
  await pumpio.send({ type: 'note', body: 'B' }, randomUUID(), credentials, call(t, {}, registrations))
})

t.test('registers again when a registration has expired', async (t) => {
  const registrations = createMemoryRegistrations()
  const old = { clientId: 'old', clientSecret: 'old', expiresAt: Date.now() - 1 }
  await registrations.obtain('pumpio', host, async () => old)
  const { pending } = await begin(`grace@${host}`, null, call(t, {}, registrations))
  t.not(pending.clientId, 'old')
})

t.test('replaces a lost registration only once', async (t) => {
  await simulator.fault(t, { match: 'POST /oauth/request_token', status: 400, headers: { 'content-type': 'text/plain' }, body: 'Invalid Consumer Key' })
  const before = await simulator.calls('POST /oauth/request_token')
  await refused(t, begin(`heidi@${host}`, null, call(t)), { kind: 'rejected', status: 400 })
  t.equal(await simulator.calls('POST /oauth/request_token'), before + 2)
})

t.test('signs with the clock of the host', async (t) => {
  await quirk('ignoresReplay', false)
  t.teardown(() => quirk('ignoresReplay', true))
  await simulator.control('clock', { advanceSeconds: 86_400 })
  const { person, credentials } = await connectUser()
  const fresh = createPumpio({ application: { name: 'Carillon' }, insecureHosts: [host] })
  const before = await simulator.calls('POST /api/user/:nickname/feed')
  await fresh.send({ type: 'note', body: 'B' }, randomUUID(), credentials, call(t))
  t.equal((await simulator.inbox(person)).length, 1)
  await fresh.send({ type: 'note', body: 'B' }, randomUUID(), credentials, call(t))
  t.ok(await simulator.calls('POST /api/user/:nickname/feed') - before <= 3, 'and caches it')
})

t.test('classifies forwarded requests only by their statement about the token', async (t) => {
  const classified = (status: number, body: string) => pumpio.classifyCredentials({ status, body: Buffer.from(body) })
  t.equal(classified(400, 'Invalid / expired Token'), 'unauthorized')
  t.equal(classified(401, 'Invalid / used nonce'), 'unauthorized')
  t.equal(classified(400, 'Invalid Consumer Key'), 'unauthorized')
  for (const [status, body] of [[200, ''], [400, 'Invalid signature'], [401, '{"error":"Not authorized"}'], [403, ''], [404, ''], [500, ''], [302, '']] as const) {
    t.equal(classified(status, body), null, `${status} ${body}`)
  }
})

/** The verifier on the page after a user grants access. */
async function allow (authorizeUrl: string, name: string): Promise<string> {
  const page = await fetch(`${authorizeUrl}&auto=allow&account=${name}`)
  const [, verifier] = /id="verifier"[^>]*>([^<]+)</.exec(await page.text()) ?? []
  if (verifier === undefined) throw new Error(`the page shows no verifier (${page.status})`)
  return verifier
}

function quirk (quirk: string, on: boolean): Promise<void> {
  return simulator.control('quirks', { provider: 'pumpio', quirk, on })
}

function thrown (act: () => unknown): ProviderError {
  try {
    act()
  } catch (error) {
    if (error instanceof ProviderError) return error
    throw error
  }
  throw new Error('expected a ProviderError')
}
