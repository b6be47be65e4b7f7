import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Test } from 'tap'
import { createHttp } from '../../src/providers/http.ts'
import type { HttpOptions } from '../../src/providers/http.ts'
import { createMemoryRegistrations } from '../../src/providers/memory-registrations.ts'
import type { Message } from '../../src/providers/message.ts'
import type { Call, Registrations } from '../../src/providers/provider.ts'
import { ProviderError } from '../../src/providers/provider-error.ts'
import { createPumpio } from '../../src/providers/pumpio.ts'
import { conformance } from './conformance.ts'
import { openSimulator } from './simulator.ts'

const simulator = await openSimulator(t, 'pumpio')
const host = simulator.pumpioHost
const pumpio = createPumpio({ application: { name: 'Carillon', contacts: ['ops@site.example'] }, insecureHosts: [host] })
const shared = createMemoryRegistrations()
const { begin, complete } = pumpio.handshakes.verifier
const picture = {
  name: 'dot.png',
  type: 'image/png',
  data: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
}

t.test('conforms', async (t) => {
  await conformance(t, pumpio, simulator, {
    rateLimited: (at) => ({ status: 429, headers: { 'retry-after': new Date(at).toUTCString() } }),
    secrets: [],
    file: picture
  })
})

t.test('reads accounts as people write them, and nothing else', async (t) => {
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
    t.match(error.verdict, { kind: 'rejected' }, text)
    if (text !== '') t.notOk(error.message.includes(text), 'and does not repeat it')
  }
})

t.test('keeps every part of its credentials, and whom they speak to', async (t) => {
  const { credentials } = await somebody()
  t.same(Object.keys(credentials).sort(), ['accessToken', 'accessTokenSecret', 'account', 'clientId', 'clientSecret'])
  for (const audience of ['followers', 'public', ['bob@pump.example', `alice@${host}`]]) {
    t.same(pumpio.parseCredentials({ ...credentials, audience }), { ...credentials, audience })
  }
  for (const wrong of [
    { account: 'alice' }, { account: 7 }, { accessTokenSecret: '' }, { accessTokenSecret: undefined }, { clientId: 'a b' },
    { clientSecret: 'a\nb' }, { audience: 'everyone' }, { audience: [] }, { audience: ['bob'] }, { audience: 7 }
  ]) {
    t.match(thrown(() => pumpio.parseCredentials({ ...credentials, ...wrong })).verdict, { kind: 'malformed' }, JSON.stringify(wrong))
  }
})

t.test('takes no configuration that makes no sense', async (t) => {
  const application = { name: 'Carillon' }
  for (const host of ['', 'http://pump.example', 'a b', 'user@pump.example', 'pump.example/path']) {
    t.throws(() => createPumpio({ application, insecureHosts: [host] }), TypeError, host)
  }
  t.throws(() => createPumpio({ application, audience: ['bob'] }), ProviderError)
  t.same(createPumpio({ application }).origins, [])
  t.same(createPumpio({ application, insecureHosts: ['Pump.example:80', 'localhost:8080'] }).origins, ['http://pump.example', 'http://localhost:8080'])
})

t.test('connects by a verifier that is read off a page', async (t) => {
  const { authorizeUrl, token, pending } = await begin(`alice@${host}`, null, call(t))
  t.equal(new URL(authorizeUrl).host, host)
  t.equal(new URL(authorizeUrl).searchParams.get('oauth_token'), token)
  const grant = await complete(JSON.parse(JSON.stringify(pending)), ` ${await allow(authorizeUrl, 'alice')}\n`, call(t))
  t.same(grant.account, { id: `alice@${host}`, name: `alice@${host}` })
  t.equal(grant.credentials.account, `alice@${host}`)
  t.notOk(grant.expiresAt)
  t.same(await pumpio.identify(grant.credentials, call(t)), grant.account)
})

t.test('connects by a callback that brings the verifier', async (t) => {
  const { authorizeUrl, token, pending } = await begin(`bob@${host}`, 'http://127.0.0.1:4000/connect/pumpio/callback?x=1', call(t))
  const answer = await fetch(`${authorizeUrl}&auto=allow&account=bob`, { redirect: 'manual' })
  const { searchParams } = new URL(answer.headers.get('location') ?? '')
  t.equal(searchParams.get('x'), '1')
  t.equal(searchParams.get(pumpio.handshakes.verifier.answer.token), token)
  const { account } = await complete(pending, searchParams.get(pumpio.handshakes.verifier.answer.verifier) ?? '', call(t))
  t.equal(account.name, `bob@${host}`)
})

t.test('connects whoever has allowed it, which need not be who was named', async (t) => {
  const { authorizeUrl, pending } = await begin(`alice@${host}`, null, call(t))
  const { account, credentials } = await complete(pending, await allow(authorizeUrl, 'carol'), call(t))
  t.equal(account.id, `carol@${host}`)
  t.equal(credentials.account, `carol@${host}`)
})

t.test('turns a verifier away that is none, wrong, too early or used', async (t) => {
  await quirk('ignoresVerifier', false)
  t.teardown(() => quirk('ignoresVerifier', true))
  const { authorizeUrl, pending } = await begin(`dave@${host}`, null, call(t))
  const other = await begin(`dave@${host}`, null, call(t))
  const wrong = async (verifier: string, why: string) => await refused(t, complete(pending, verifier, call(t)), { kind: 'rejected' }, why)
  await wrong('', 'none')
  await wrong('two words', 'none')
  await wrong('x'.repeat(5_000), 'none')
  await wrong('guessed', 'nobody has allowed anything')
  const verifier = await allow(authorizeUrl, 'dave')
  await wrong('guessed', 'not the one')
  await refused(t, complete(other.pending, verifier, call(t)), { kind: 'rejected' }, 'that of another handshake')
  await complete(pending, verifier, call(t))
  await wrong(verifier, 'used')
  await refused(t, complete({ host }, verifier, call(t)), { kind: 'malformed' }, 'not begun at all')
})

t.test('registers once per host, and again when the host has forgotten it', async (t) => {
  const registrations = createMemoryRegistrations()
  const registered = () => simulator.calls('POST /api/client/register')
  const before = await registered()
  const connect = async () => {
    const { authorizeUrl, pending } = await begin(`erin@${host}`, null, call(t, {}, registrations))
    return (await complete(pending, await allow(authorizeUrl, 'erin'), call(t))).credentials
  }
  const [first] = await Promise.all([connect(), connect(), connect()])
  t.equal(await registered(), before + 1)
  t.equal((await connect()).accessToken, first.accessToken, 'the host gives the same token again')
  t.equal(await registered(), before + 1)

  await simulator.control('pumpio/forget-clients', {})
  await refused(t, pumpio.identify(first, call(t)), { kind: 'unauthorized', status: 401 }, 'the token went with its client')
  const [second] = await Promise.all([connect(), connect()])
  t.equal(await registered(), before + 2)
  t.not(second.clientId, first.clientId)
  t.match(await pumpio.identify(second, call(t)), { name: `erin@${host}` })
})

t.test('goes on with its token when the host has a new registration', async (t) => {
  const { credentials } = await somebody()
  const registrations = createMemoryRegistrations()
  await begin(`frank@${host}`, null, call(t, {}, registrations))
  await pumpio.send({ type: 'note', body: 'B' }, randomUUID(), credentials, call(t, {}, registrations))
})

t.test('registers anew when the time of a registration is over', async (t) => {
  const registrations = createMemoryRegistrations()
  const old = { clientId: 'old', clientSecret: 'old', expiresAt: Date.now() - 1 }
  await registrations.obtain('pumpio', host, async () => old)
  const { pending } = await begin(`grace@${host}`, null, call(t, {}, registrations))
  t.not(pending.clientId, 'old')
})

t.test('asks for a forgotten registration only once more', async (t) => {
  await simulator.fault(t, { match: 'POST /oauth/request_token', status: 400, headers: { 'content-type': 'text/plain' }, body: 'Invalid Consumer Key' })
  const before = await simulator.calls('POST /oauth/request_token')
  await refused(t, begin(`heidi@${host}`, null, call(t)), { kind: 'rejected', status: 400 })
  t.equal(await simulator.calls('POST /oauth/request_token'), before + 2)
})

t.test('posts a note as HTML that shows just what was said', async (t) => {
  const { person, credentials } = await somebody()
  const key = randomUUID()
  const message: Message = { type: 'note', title: 'A <b>title</b> & more', body: '<script>alert("x")</script>\r\n\'two\' & three', level: 'error' }
  await pumpio.send(message, key, credentials, call(t))
  const [arrival] = await simulator.inbox(person)
  t.same(arrival?.request.body, {
    verb: 'post',
    object: {
      objectType: 'note',
      id: `urn:uuid:${key}`,
      displayName: 'A <b>title</b> & more',
      content: '&#60;script&#62;alert(&#34;x&#34;)&#60;/script&#62;<br>\n&#39;two&#39; &#38; three'
    }
  })
})

t.test('posts a link that leads where it says', async (t) => {
  const { person, credentials } = await somebody()
  await pumpio.send({ type: 'link', title: 'T', url: 'https://example.com/?a="><script>&b=1' }, randomUUID(), credentials, call(t))
  const [arrival] = await simulator.inbox(person)
  const shown = 'https://example.com/?a=&#34;&#62;&#60;script&#62;&#38;b=1'
  t.match(arrival?.request.body, { object: { content: `<a href="${shown}">${shown}</a>` } })
  for (const url of ['javascript:alert(1)', 'data:text/html,x', '/relative', '']) {
    await refused(t, pumpio.send({ type: 'link', url }, randomUUID(), credentials, call(t)), { kind: 'rejected' }, url)
  }
  t.equal((await simulator.inbox(person)).length, 1)
})

t.test('says the title where there is nothing else to say', async (t) => {
  const { person, credentials } = await somebody()
  await pumpio.send({ type: 'note', title: 'Only <this>' }, randomUUID(), credentials, call(t))
  const [arrival] = await simulator.inbox(person)
  t.match(arrival?.request.body, { object: { displayName: 'Only <this>', content: 'Only &#60;this&#62;' } })
})

t.test('speaks to followers, to everybody or to people', async (t) => {
  const { person, credentials } = await somebody()
  const name = credentials.account.split('@')[0]
  const followers = { objectType: 'collection', id: `http://${host}/api/user/${name}/followers` }
  const everybody = { objectType: 'collection', id: 'http://activityschema.org/collection/public' }
  const cases = [
    ['followers', { to: undefined, cc: undefined }, { cc: [followers] }],
    ['public', { to: [everybody], cc: [followers] }, { to: [everybody], cc: [followers] }],
    [['bob@pump.example'], { to: [{ objectType: 'person', id: 'acct:bob@pump.example' }], cc: undefined }, { to: [{ id: 'acct:bob@pump.example' }] }]
  ] as const
  for (const [audience, body, item] of cases) {
    await pumpio.send({ type: 'note', body: 'B' }, randomUUID(), { ...credentials, audience }, call(t))
    const arrival = (await simulator.inbox(person)).at(-1)
    t.match({ to: undefined, cc: undefined, ...Object(arrival?.request.body) }, body, String(audience))
    t.match(arrival?.item, item, String(audience))
  }
  const publicly = createPumpio({ application: { name: 'Carillon' }, insecureHosts: [host], audience: 'public' })
  await publicly.send({ type: 'note', body: 'B' }, randomUUID(), credentials, call(t))
  t.match((await simulator.inbox(person)).at(-1)?.request.body, { to: [everybody] }, 'by configuration')
})

t.test('takes a note that is there for sent, and one that is not for lost', async (t) => {
  const { person, credentials } = await somebody()
  const key = randomUUID()
  await simulator.fault(t, { match: 'POST /api/user/', status: 500, times: 1 })
  await refused(t, pumpio.send({ type: 'note', body: 'B' }, key, credentials, call(t)), { kind: 'transient', status: 500 })
  await pumpio.send({ type: 'note', body: 'B' }, key, credentials, call(t))
  const readBacks = await simulator.calls('GET /api/:type')
  await pumpio.send({ type: 'note', body: 'B' }, key, credentials, call(t))
  t.equal(await simulator.calls('GET /api/:type'), readBacks + 1)
  await simulator.fault(t, { match: 'GET /api/note', status: 503, times: 1 })
  await refused(t, pumpio.send({ type: 'note', body: 'B' }, key, credentials, call(t)), { kind: 'transient', status: 503 })
  t.equal((await simulator.inbox(person)).length, 1)
})

t.test('uploads the bytes of an image and posts it with its words', async (t) => {
  const { person, credentials } = await somebody()
  const key = randomUUID()
  await pumpio.send({ type: 'file', title: 'A dot', body: 'one <pixel>', file: picture }, key, credentials, call(t))
  const [arrival] = await simulator.inbox(person)
  t.match(arrival?.item, { id: `urn:uuid:${key}`, verb: 'post', object: { objectType: 'image', displayName: 'A dot', content: 'one &#60;pixel&#62;' } })
  const { image } = Object(arrival?.item.object)
  const path = new URL(image.url).pathname
  const { url, headers } = await pumpio.authorize({ method: 'GET', path }, credentials, call(t))
  const stored = await fetch(url, { headers })
  t.equal(Buffer.from(await stored.arrayBuffer()).toString('base64'), picture.data)
})

t.test('posts an image once, whichever step was lost', async (t) => {
  for (const match of ['GET /api/user/', 'POST /api/user/']) {
    for (const times of [1, 2, 3]) {
      const { person, credentials } = await somebody()
      const key = randomUUID()
      const message: Message = { type: 'file', title: 'T', file: picture }
      for (let lost = 0; lost < times; lost++) {
        await simulator.fault(t, { match, reset: 'after', times: 1 })
        await refused(t, pumpio.send(message, key, credentials, call(t)), { kind: 'transient' })
      }
      await pumpio.send(message, key, credentials, call(t))
      await pumpio.send(message, key, credentials, call(t))
      t.equal((await simulator.inbox(person)).length, 1, `${match} ${times}`)
    }
  }
})

t.test('says why it takes no other files', async (t) => {
  const { person, credentials } = await somebody()
  for (const type of ['text/plain', 'application/pdf', 'image/svg+xml', 'text/html', 'video/mp4', 'image/png; charset=utf-8', '']) {
    await refused(t, pumpio.send({ type: 'file', file: { ...picture, type } }, randomUUID(), credentials, call(t)),
      { kind: 'rejected', reason: /only images/ }, type)
  }
  await refused(t, pumpio.send({ type: 'file' }, randomUUID(), credentials, call(t)), { kind: 'rejected', reason: /needs a file/ })
  const large = { ...picture, data: Buffer.alloc(10 * 1024 * 1024 + 1).toString('base64') }
  await refused(t, pumpio.send({ type: 'file', file: large }, randomUUID(), credentials, call(t)), { kind: 'rejected', reason: /larger/ })
  t.same(await simulator.inbox(person), [])
})

t.test('signs by the clock of the host', async (t) => {
  await quirk('ignoresReplay', false)
  t.teardown(() => quirk('ignoresReplay', true))
  await simulator.control('clock', { advanceSeconds: 86_400 })
  const { person, credentials } = await somebody()
  const fresh = createPumpio({ application: { name: 'Carillon' }, insecureHosts: [host] })
  const before = await simulator.calls('POST /api/user/:nickname/feed')
  await fresh.send({ type: 'note', body: 'B' }, randomUUID(), credentials, call(t))
  t.equal((await simulator.inbox(person)).length, 1)
  await fresh.send({ type: 'note', body: 'B' }, randomUUID(), credentials, call(t))
  t.ok(await simulator.calls('POST /api/user/:nickname/feed') - before <= 3, 'and remembers it')
})

t.test('judges forwarded requests by what is said of the token alone', async (t) => {
  const judged = (status: number, body: string) => pumpio.judgeCredentials({ status, body: Buffer.from(body) })
  t.equal(judged(400, 'Invalid / expired Token'), 'unauthorized')
  t.equal(judged(401, 'Invalid / used nonce'), 'unauthorized')
  t.equal(judged(400, 'Invalid Consumer Key'), 'unauthorized')
  for (const [status, body] of [[200, ''], [400, 'Invalid signature'], [401, '{"error":"Not authorized"}'], [403, ''], [404, ''], [500, ''], [302, '']] as const) {
    t.equal(judged(status, body), null, `${status} ${body}`)
  }
})

/** What the page shows to somebody who presses Authorize. */
async function allow (authorizeUrl: string, name: string): Promise<string> {
  const page = await fetch(`${authorizeUrl}&auto=allow&account=${name}`)
  const [, verifier] = /id="verifier"[^>]*>([^<]+)</.exec(await page.text()) ?? []
  if (verifier === undefined) throw new Error(`the page shows no verifier (${page.status})`)
  return verifier
}

function quirk (quirk: string, on: boolean): Promise<void> {
  return simulator.control('quirks', { provider: 'pumpio', quirk, on })
}

async function somebody () {
  const person = await simulator.account()
  return { person, credentials: pumpio.parseCredentials(person.credentials) }
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

async function refused (t: Test, attempt: Promise<unknown>, expected: object, why?: string): Promise<void> {
  const error: unknown = await attempt.then(() => undefined, (error: unknown) => error)
  if (!(error instanceof ProviderError)) throw new Error(`expected a ProviderError: ${why}`, { cause: error })
  t.match({ ...error.verdict, status: error.status }, expected, `${why}: ${error.message}`)
}

function call (t: Test, options: Partial<HttpOptions> = {}, registrations?: Registrations): Call {
  const http = createHttp({ trustedOrigins: pumpio.origins, allowPrivateHosts: [], ...options })
  t.teardown(() => http.close())
  return { http, signal: new AbortController().signal, now: Date.now, registrations: registrations ?? shared }
}
