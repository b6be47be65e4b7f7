import t from 'tap'
import type { Test } from 'tap'
import { createBlotreClient, joinUri, RestError, TokenEndpointError } from '../../src/index.ts'
import type { BlotreClientOptions, BlotreToken } from '../../src/index.ts'
import { openSimulator } from '../../../shared/test/providers/conformance/simulator.ts'
import type { SimulatedAccount } from '../../../shared/test/providers/conformance/simulator.ts'

const redirectUri = 'http://127.0.0.1:4000/connect/blotre/callback'
const registered = { client_id: 'carillon', client_secret: 'sandbox-secret', redirect_uri: redirectUri }
const simulator = await openSimulator(t, 'blotre')
const url = `${simulator.url}/blotre`

t.test('returns the authorization URL, and redeems the code of the callback', async (t) => {
  const told: Array<BlotreToken | null> = []
  const client = open(t, { client: registered, onCreds: (creds) => { told.push(creds) } })
  const answer = await fetch(`${client.getAuthorizationUrl()}&auto=allow&account=ann`, { redirect: 'manual' })
  const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const creds = await client.redeemAuthorizationCode(code)
  t.match(creds, { access_token: /\w/, token_type: 'bearer', expires_in: 7200, refresh_token: /\w/, user: { userName: 'ann' } })
  t.equal(client.creds, creds)
  t.same(told, [creds])
  t.match(await client.getTokenInfo(), { client_id: 'carillon', user: creds.user })

  const again = await failure(TokenEndpointError, client.redeemAuthorizationCode(code))
  t.match(again, { error: 'invalid_grant', errorDescription: '', status: 400 }, 'a code works once')
  t.equal(client.creds, creds, 'and the existing credentials stay')
})

t.test('works with credentials from the caller', async (t) => {
  const { creds } = await connectUser()
  const client = open(t, {})
  await failure(RestError, client.setStreamStatus(rootOf(creds), { color: '#010203' }))
  await client.setCreds({ access_token: creds.access_token })
  t.match(await client.setStreamStatus(rootOf(creds), { color: '#010203' }), { color: '#010203' })
})

t.test('reads without credentials', async (t) => {
  const { creds } = await connectUser()
  const [owner, reader] = [open(t, { creds }), open(t, {})]
  const root = rootOf(creds)
  const color = '#0a0b0c'
  await owner.setStreamStatus(root, { color })
  await owner.setTags(root, [{ tag: 'readable' }])
  t.match(await reader.getStream(root), { id: root, status: { color }, tags: [{ tag: 'readable' }] })
  t.match(await reader.getStreamStatus(root), { color })
  t.same(await reader.getTags(root), [{ tag: 'readable' }])
  t.same(await reader.getTag(root, 'readable'), { tag: 'readable' })
  for (const found of [await reader.getStreams({ query: color }), await reader.getStreams({ query: '#readable' }), await reader.getTagged('readable')]) {
    t.match(found, [{ id: root }])
  }
  t.ok((await reader.getStreams()).some(({ id }) => id === root))
  t.same(await reader.getUser(creds.user?.id ?? ''), creds.user)
  t.match(await failure(RestError, reader.getUser('0'.repeat(24))), { status: 404, error: '', details: null }, 'its 404 has no body')
  t.match(await failure(RestError, reader.getStream('0'.repeat(24))), { status: 404, error: 'Stream does not exist.' })
})

t.test('creates, changes and deletes streams', async (t) => {
  const { creds } = await connectUser()
  const client = open(t, { creds })
  const root = await client.getStream(rootOf(creds))
  const wanted = { name: 'My Stream', uri: joinUri(root.uri, 'My Stream') }
  const made = await client.createStream(wanted)
  t.match(made, { name: 'My Stream', uri: `${root.uri}/my+stream`, owner: creds.user?.id })
  t.match(await client.createStream(wanted), { id: made.id }, 'an existing stream')
  t.match(await client.getStreamChildren(root.id), [{ id: made.id }])
  t.match(await client.getStreamChildren(root.id, { query: 'My' }), [{ id: made.id }])

  t.match(await failure(RestError, client.createStream({ name: 'Other', uri: wanted.uri })), { status: 422, error: 'Stream name and uri do not match.' })
  t.match(await failure(RestError, client.setStreamStatus(made.id, { color: 'red' })), { status: 400, details: {} })
  t.match(await failure(RestError, client.deleteStream(root.id)), { status: 422, error: 'Cannot delete root streams.' })
  t.match(await client.deleteStream(made.id), { id: made.id })
  t.match(await failure(RestError, client.getStream(made.id)), { status: 404 })
})

t.test('adds and removes single tags, whatever Blot\'re\'s own DELETE does', async (t) => {
  const { creds } = await connectUser()
  const client = open(t, { creds })
  const root = rootOf(creds)
  t.same(await client.setTag(root, 'One'), { tag: 'one' })
  await client.setTag(root, 'two')
  await client.setTag(root, 'two')
  t.same(await client.getTags(root), [{ tag: 'one' }, { tag: 'two' }])
  t.same(await client.deleteTag(root, 'ONE'), [{ tag: 'two' }])
  t.same(await client.getTags(root), [{ tag: 'two' }])
  t.same(await client.deleteTag(root, 'never there'), [{ tag: 'two' }])
  t.match(await failure(RestError, client.getTag(root, 'one')), { status: 404, error: 'Tag does not exist.' })
  await client.setTags(root, [])
  t.same(await client.getTags(root), [])
})

t.test('links and unlinks children', async (t) => {
  const [one, other] = [await connectUser(), await connectUser()]
  const client = open(t, { creds: one.creds })
  const [mine, theirs] = [rootOf(one.creds), rootOf(other.creds)]
  t.match(await client.createChild(mine, theirs), { id: theirs })
  t.match(await client.getChild(mine, theirs), { id: theirs })
  t.match(await client.deleteChild(mine, theirs), { id: theirs })
  t.match(await failure(RestError, client.getChild(mine, theirs)), { status: 404 })
  t.match(await failure(RestError, client.createChild(mine, mine)), { status: 422, error: "I'm my own grandpa." })
  t.match(await failure(RestError, client.createChild(theirs, mine)), { status: 401, error: 'User does not have permission to add child.' })
})

t.test('refreshes an expired token, reports that, and repeats the request', async (t) => {
  const { person, creds } = await connectUser()
  const told: Array<BlotreToken | null> = []
  const client = open(t, { client: registered, creds, onCreds: async (changed) => { told.push(changed) } })
  await simulator.expire(person)
  t.match(await client.setStreamStatus(rootOf(creds), { color: '#0d0e0f' }), { color: '#0d0e0f' })
  t.equal(told.length, 1)
  t.same(told[0], client.creds)
  t.not(client.creds?.access_token, creds.access_token)
  t.not(client.creds?.refresh_token, creds.refresh_token)
})

t.test('refreshes once for all concurrent requests with an expired token', async (t) => {
  const { person, creds } = await connectUser()
  const client = open(t, { client: registered, creds })
  await simulator.expire(person)
  const before = await simulator.calls('POST /blotre/v0/oauth2/access_token')
  await Promise.all(Array.from({ length: 20 }, () => client.setStreamStatus(rootOf(creds), { color: '#101112' })))
  t.equal(await simulator.calls('POST /blotre/v0/oauth2/access_token') - before, 1)
})

t.test("throws the request's own error when the refresh fails, and repeats nothing", async (t) => {
  const { person, creds } = await connectUser()
  const client = open(t, { client: registered, creds })
  await simulator.expire(person)
  const endpoint = 'POST /blotre/v0/api/stream/:id/status'
  const before = await simulator.calls(endpoint)
  const attempt = () => failure(RestError, client.setStreamStatus(rootOf(creds), { color: '#131415' }))
  const expired = { status: 401, error: 'Access token is expired.', failure: { kind: 'expired' } }
  await simulator.fault(t, { match: 'access_token', status: 500, times: 1 })
  t.match(await attempt(), expired, 'after an outage')
  await simulator.revoke(person)
  t.match(await attempt(), expired, 'after a dead refresh token')
  t.match(await failure(TokenEndpointError, client.exchangeRefreshToken()), { error: 'invalid_grant' })
  t.same(client.creds, creds)
  t.equal(await simulator.calls(endpoint) - before, 2)
})

t.test('repeats a request only once', async (t) => {
  const { creds } = await connectUser()
  const client = open(t, { client: registered, creds })
  await simulator.fault(t, {
    match: 'POST /v0/api', status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' }, body: { type: 'Error', error: 'Access token is expired.' }
  })
  const before = await simulator.calls('POST /blotre/v0/oauth2/access_token')
  t.match(await failure(RestError, client.setStreamStatus(rootOf(creds), { color: '#161718' })), { status: 401 })
  t.equal(await simulator.calls('POST /blotre/v0/oauth2/access_token') - before, 1)
})

t.test('does not refresh after a 401 with another reason', async (t) => {
  const [one, other] = [await connectUser(), await connectUser()]
  const client = open(t, { client: registered, creds: one.creds })
  const before = await simulator.calls('POST /blotre/v0/oauth2/access_token')
  await failure(RestError, client.setStreamStatus(rootOf(other.creds), { color: '#191a1b' }))
  await client.setCreds({ ...one.creds, access_token: 'unknown' })
  t.match(await failure(RestError, client.setStreamStatus(rootOf(one.creds), { color: '#191a1b' })), { error: 'Action requires authorization.' })
  t.equal(await simulator.calls('POST /blotre/v0/oauth2/access_token'), before)
})

t.test('throws the errors of onCreds', async (t) => {
  const { person, creds } = await connectUser()
  const client = open(t, { client: registered, creds, onCreds: () => { throw new Error('disk full') } })
  await simulator.expire(person)
  await t.rejects(client.setStreamStatus(rootOf(creds), { color: '#1c1d1e' }), { message: 'disk full' })
  t.not(client.creds?.access_token, creds.access_token, 'and keeps the new credentials, because the old ones no longer work')
})

t.test('revokes and deletes the credentials, and reports that', async (t) => {
  const { creds } = await connectUser()
  const told: Array<BlotreToken | null> = []
  const client = open(t, { client: registered, creds, onCreds: (changed) => { told.push(changed) } })
  await client.revoke()
  t.equal(client.creds, null)
  t.same(told, [null])
  await t.rejects(client.revoke(), { message: 'There are no credentials' })
  const late = open(t, { client: registered, creds })
  t.match(await failure(RestError, late.getTokenInfo()), { status: 404, error: 'No such token.' })
  await late.revoke()
  t.equal(late.creds, null, 'a second revocation is not an error')
})

function open (t: Test, options: BlotreClientOptions) {
  const client = createBlotreClient({ url, ...options })
  t.teardown(() => client.close())
  return client
}

async function connectUser (): Promise<{ person: SimulatedAccount, creds: BlotreToken }> {
  const person = await simulator.account()
  const { accessToken, refreshToken, userId, rootStream } = person.credentials as Record<string, string>
  const user = { id: String(userId), userName: person.name, rootStream: String(rootStream) }
  return { person, creds: { access_token: String(accessToken), refresh_token: String(refreshToken), user } }
}

function rootOf ({ user }: BlotreToken): string {
  return user?.rootStream ?? ''
}

async function failure<E extends Error> (kind: new (...args: never[]) => E, attempt: Promise<unknown>): Promise<E> {
  const error = await attempt.then(() => undefined, (error: unknown) => error)
  if (error instanceof kind) return error
  throw new Error(`expected a ${kind.name}`, { cause: error })
}
