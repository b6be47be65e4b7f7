import t from 'tap'
import type { Test } from 'tap'
import { createBlotre } from '../../../src/providers/blotre/blotre.ts'
import type { BlotreConfig } from '../../../src/providers/blotre/blotre.ts'
import { createHttp, ProviderError } from '@carillon/http'
import { createMemoryRegistrations } from '@carillon/clients'
import type { RequestContext } from '../../../src/providers/request-context.ts'
import { openSimulator } from '../conformance/simulator.ts'

const clientSecret = 'sandbox-secret'
const simulator = await openSimulator(t, 'blotre')
const blotre = blotreWith({})

t.test('provides the settings that an OAuth 2 framework needs', async (t) => {
  t.match(blotre.handshakes.code, {
    clientId: 'carillon',
    authorizeUrl: `${simulator.url}/blotre/v0/oauth2/authorize`,
    tokenUrl: `${simulator.url}/blotre/v0/oauth2/access_token`,
    tokenRequest: { credentials: 'body', format: 'form' },
    correlation: 'cookie'
  })
  t.same(blotre.handshakes.code?.scope, [], 'an empty list, because the framework would request a scope named undefined')
  t.same(blotre.origins, [simulator.url])
})

t.test('converts the token response to credentials and an account', async (t) => {
  const token = await tokenFor('Ann Lee')
  const grant = await blotre.handshakes.code?.accept(token, call(t, { now: 1_000 }))
  t.match(grant, { account: { id: /^[0-9a-f]{24}$/, name: 'Ann Lee' }, expiresAt: new Date(7_201_000) })
  t.same(Object.keys(grant?.credentials ?? {}).sort(), ['accessToken', 'refreshToken', 'rootStream'])
  const silent = await blotre.handshakes.code?.accept({ ...token, user: undefined }, call(t, { now: 1_000 }))
  t.same(silent?.account, grant?.account, 'it requests the account if the response lacks it')
})

t.test('refuses a token response without a token', async (t) => {
  for (const token of [{}, { access_token: '' }, { access_token: 7 }, { access_token: 'a b' }, { error: 'invalid_grant' }]) {
    await refused(t, blotre.handshakes.code?.accept(token, call(t)), { kind: 'malformed', status: undefined })
  }
})

t.test('waits for a one-time code and gives the connection its own client', async (t) => {
  const started = await begin(t)
  t.match(started, { code: /^\w{8}$/, redeemUrl: `${simulator.url}/blotre/v0/oauth2/redeem`, intervalMs: 5_000 })
  t.equal(Math.round((started.expiresAt.getTime() - Date.now()) / 60_000), 20)
  t.equal(await complete(t, started.pending), null)
  await redeem(started.code, 'deny', 'ann')
  t.equal(await complete(t, started.pending), null, 'the user may still allow a denied code')
  await redeem(started.code, 'allow', 'ann')

  const grant = await complete(t, JSON.parse(JSON.stringify(started.pending)))
  t.match(grant, { account: { name: 'ann' }, credentials: { clientId: /\w/, clientSecret: /\w/, rootStream: /\w/ } })
  t.not(grant?.credentials.clientId, 'carillon')
  if (grant === null || grant === undefined) return
  t.same(blotre.parseCredentials(JSON.parse(JSON.stringify(grant.credentials))), grant.credentials)
  const fresh = await blotre.refresh?.(grant.credentials, call(t))
  t.match(fresh?.credentials, { clientId: grant.credentials.clientId, clientSecret: grant.credentials.clientSecret },
    'a refresh uses and keeps the same client')
  t.ok(await blotre.send?.({ type: 'note' }, 'k', fresh?.credentials ?? grant.credentials, call(t)))
})

t.test('rejects a one-time code after its expiry, and not earlier', async (t) => {
  const started = await begin(t)
  const at = started.expiresAt.getTime()
  t.equal(await complete(t, started.pending, at - 1), null)
  await refused(t, complete(t, started.pending, at), { kind: 'rejected', reason: 'one-time code was not entered in time' })
  await redeem(started.code, 'allow', 'late')
  t.match(await complete(t, started.pending, at + 60_000), { account: { name: 'late' } }, 'unless the user entered it in time')
})

t.test('continues waiting for a one-time code during an outage', async (t) => {
  const started = await begin(t)
  await simulator.fault(t, { match: 'access_token', status: 503, times: 1 })
  await refused(t, complete(t, started.pending), { kind: 'transient', status: 503 })
  t.equal(await complete(t, started.pending), null)
  for (const pending of [{}, { ...started.pending, clientSecret: 7 }]) await refused(t, complete(t, pending), { kind: 'malformed' })
})

t.test('displays a note with color and tags on the root stream', async (t) => {
  const { person, credentials } = await connectUser()
  const receipt = await blotre.send?.({ type: 'note', level: 'warning', title: 'Disk #web1', body: 'at 90 %' }, 'k', credentials, call(t))
  t.same(receipt, { id: credentials.rootStream })
  const [tags, status] = await simulator.inbox(person)
  t.same(tags?.request.body, [{ tag: 'warning' }, { tag: 'web1' }])
  t.same(status?.request.body, { color: '#f59e0b' })
  t.match(status?.item, { type: 'status', tags: [{ tag: 'warning' }, { tag: 'web1' }] }, 'the tags exist when the color is set')
})

t.test('keeps the tags and the color of one notification together during concurrent ones', async (t) => {
  const { person, credentials } = await connectUser()
  const words = ['one', 'two', 'three', 'four', 'five']
  await Promise.all(words.map((word) => blotre.send?.({ type: 'note', title: `A ring #${word}` }, word, credentials, call(t))))
  const displayed = (await simulator.inbox(person)).filter(({ item }) => item['type'] === 'status')
  t.same(displayed.map(({ item }) => JSON.stringify(item['tags'])), words.map((word) => JSON.stringify([{ tag: 'info' }, { tag: word }])))
})

t.test('finds the root stream of imported credentials', async (t) => {
  const { credentials } = await connectUser()
  const imported = blotre.parseCredentials({ accessToken: credentials.accessToken })
  t.same(await blotre.send?.({ type: 'note' }, 'k', imported, call(t)), { id: credentials.rootStream })
  await refused(t, blotre.refresh?.(imported, call(t)), { kind: 'unauthorized', reason: 'there is no refresh token' })
})

t.test('creates a configured stream, and uses it from then on', async (t) => {
  const named = blotreWith({ stream: 'Site News', tags: ['shop'], colors: { info: '#123456' } })
  const { person, credentials } = await connectUser()
  const first = await named.send?.({ type: 'note' }, 'k', credentials, call(t))
  t.not(first?.id, credentials.rootStream)
  t.same(await named.send?.({ type: 'note', level: 'error' }, 'l', credentials, call(t)), first)
  const states = (await simulator.inbox(person)).map(({ item }) => item)
  t.match(states[1], { stream: { name: 'Site News', uri: /\/site\+news$/ }, status: { color: '#123456' }, tags: [{ tag: 'info' }, { tag: 'shop' }] })
  t.match(states.at(-1), { stream: { id: first?.id }, status: { color: '#ef4444' }, tags: [{ tag: 'error' }, { tag: 'shop' }] })
})

t.test('does not blame the token for a stream that belongs to another user or is deleted', async (t) => {
  const [one, other] = [await connectUser(), await connectUser()]
  const mixed = { ...one.credentials, rootStream: other.credentials.rootStream ?? '' }
  await refused(t, blotre.send?.({ type: 'note' }, 'k', mixed, call(t)), { kind: 'rejected', status: 401 })
  await refused(t, blotre.send?.({ type: 'note' }, 'k', { ...one.credentials, rootStream: '0'.repeat(24) }, call(t)), { kind: 'rejected', status: 404 })
})

t.test('classifies responses to forwarded requests only by their statement about the credentials', async (t) => {
  const { person, credentials } = await connectUser()
  const ask = async (path: string, given = credentials) => {
    const authorized = await blotre.authorize?.({ method: 'DELETE', path }, given, call(t))
    const response = await fetch(authorized?.url ?? '', { method: 'DELETE', headers: authorized?.headers ?? {} })
    const headers = Object.fromEntries(response.headers)
    return blotre.classifyCredentials?.({ status: response.status, headers, body: Buffer.from(await response.arrayBuffer()) })
  }
  const root = `/v0/api/stream/${credentials.rootStream}`
  t.equal(await ask(root), null, 'refused for another reason')
  t.equal(await ask(`${root}?access_token=another`), null, "a caller's token does not replace ours")
  t.equal(await ask(root, { ...credentials, accessToken: 'unknown' }), 'unauthorized')
  await simulator.expire(person)
  t.equal(await ask(root), 'expired')
})

t.test('refuses an invalid configuration', async (t) => {
  for (const wrong of [{ url: 'blot.re' }, { url: 'ftp://blot.re' }, { stream: 'a/b' }, { stream: '' }, { tags: ['a b'] }, { colors: { info: 'red' } }]) {
    t.throws(() => blotreWith(wrong), TypeError)
  }
})

function blotreWith (more: Partial<BlotreConfig>) {
  return createBlotre({ url: `${simulator.url}/blotre/`, clientId: 'carillon', clientSecret, ...more })
}

async function connectUser () {
  const person = await simulator.account()
  return { person, credentials: blotre.parseCredentials(person.credentials) }
}

async function tokenFor (account: string): Promise<Record<string, unknown>> {
  const redirectUri = 'http://127.0.0.1/connect/blotre/callback'
  const query = { client_id: 'carillon', response_type: 'code', redirect_uri: redirectUri, auto: 'allow', account }
  const answer = await fetch(`${blotre.handshakes.code?.authorizeUrl}?${new URLSearchParams(query)}`, { redirect: 'manual' })
  const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const form = { grant_type: 'authorization_code', client_id: 'carillon', client_secret: clientSecret, redirect_uri: redirectUri, code }
  const token = await fetch(blotre.handshakes.code?.tokenUrl ?? '', { method: 'POST', body: new URLSearchParams(form) })
  return await token.json() as Record<string, unknown>
}

async function begin (t: Test) {
  const started = await blotre.handshakes.oneTimeCode?.begin(call(t))
  if (started === undefined) throw new Error('there is no one-time code')
  return started
}

async function complete (t: Test, pending: Record<string, unknown>, now = Date.now()) {
  return await blotre.handshakes.oneTimeCode?.complete(pending, call(t, { now }))
}

async function redeem (code: string, auto: 'allow' | 'deny', account: string): Promise<void> {
  await fetch(`${simulator.url}/blotre/v0/oauth2/redeem?${new URLSearchParams({ code, auto, account })}`, { redirect: 'manual' })
}

async function refused (t: Test, attempt: Promise<unknown> | undefined, expected: object): Promise<void> {
  const error: unknown = await attempt?.then(() => undefined, (error: unknown) => error)
  if (!(error instanceof ProviderError)) throw new Error('expected a ProviderError', { cause: error })
  t.match({ ...error.failure, status: error.status }, expected, error.message)
}

function call (t: Test, { now }: { now?: number } = {}): RequestContext {
  const http = createHttp({ trustedOrigins: blotre.origins, allowPrivateHosts: [] })
  t.teardown(() => http.close())
  return { http, signal: new AbortController().signal, now: () => now ?? Date.now(), registrations: createMemoryRegistrations() }
}
