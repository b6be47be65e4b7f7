import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Test } from 'tap'
import { createHttp, ProviderError } from '@carillon/http'
import { web } from '../../../../http/test/local-server.ts'
import type { HttpOptions } from '@carillon/http'
import { createMemoryRegistrations } from '@carillon/clients'
import type { RequestContext } from '../../../src/providers/request-context.ts'
import { createPushbullet } from '../../../src/providers/pushbullet/pushbullet.ts'
import { byValue } from '../conformance/conformance.ts'
import { openSimulator } from '../conformance/simulator.ts'

const clientSecret = 'sandbox-secret'
const simulator = await openSimulator(t, 'pushbullet')
const pushbullet = pushbulletAt(`${simulator.url}/pushbullet/`)

t.test('provides the settings that an OAuth 2 framework needs', async (t) => {
  t.match(pushbullet.handshakes.code, {
    clientId: 'carillon',
    authorizeUrl: `${simulator.url}/pushbullet/authorize`,
    tokenUrl: `${simulator.url}/pushbullet/oauth2/token`,
    tokenRequest: { credentials: 'body', format: 'json' },
    correlation: 'redirect-query'
  })
  t.same(pushbullet.handshakes.code?.scope, [], 'an empty list, because the framework would request a scope named undefined')
  t.same(pushbullet.origins, [simulator.url])
})

t.test('converts the token response to credentials and an account', async (t) => {
  const redirectUri = 'http://127.0.0.1/connect/pushbullet/callback?handshake=7'
  const query = { client_id: 'carillon', response_type: 'code', redirect_uri: redirectUri, auto: 'allow', account: 'ann' }
  const answer = await fetch(`${simulator.url}/pushbullet/authorize?${new URLSearchParams(query)}`, { redirect: 'manual' })
  const location = new URL(answer.headers.get('location') ?? '')
  t.equal(location.searchParams.get('handshake'), '7', 'the redirect keeps its query')
  const token = await fetch(`${simulator.url}/pushbullet/oauth2/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'authorization_code', client_id: 'carillon', client_secret: clientSecret, code: location.searchParams.get('code')
    })
  })
  const grant = await pushbullet.handshakes.code?.accept(await token.json() as Record<string, unknown>, call(t))
  t.match(grant, { account: { id: /\w/, name: 'Ann' }, credentials: { accessToken: /\w/ } })
  t.same(Object.keys(grant?.credentials ?? {}), ['accessToken'])
  t.notOk(grant?.expiresAt, 'a token has no stated expiry')
})

t.test('refuses a token response without a token', async (t) => {
  for (const token of [{}, { access_token: '' }, { access_token: 7 }, { error: 'invalid_grant' }]) {
    await refused(t, pushbullet.handshakes.code?.accept(token, call(t)), { kind: 'malformed' })
  }
})

t.test('sends a note with its own fields and without a target', async (t) => {
  const { person, credentials } = await connectUser()
  const key = randomUUID()
  const { id } = await pushbullet.send?.({ type: 'note', title: 'T', body: 'B', level: 'error' }, key, credentials, call(t)) ?? {}
  const [arrival] = await simulator.inbox(person)
  t.same(arrival?.request.body, { type: 'note', guid: key, title: 'T', body: 'B' })
  t.match(arrival?.request.headers, { 'access-token': '[redacted]', 'content-type': 'application/json' })
  t.notOk(arrival?.request.headers.authorization)
  t.match(arrival?.item, { iden: id, guid: key, title: 'T', body: 'B' })
})

t.test('adds the actions to the text, as lines with links', async (t) => {
  const { person, credentials } = await connectUser()
  const actions = [{ title: 'Track it', url: 'https://example.com/7' }, { title: 'Cancel it', url: 'https://example.com/c' }]
  const image = 'https://example.com/a.png'
  await pushbullet.send?.({ type: 'link', title: 'T', body: 'B', url: 'https://example.com/', actions, image, urgency: 'high' }, 'k', credentials, call(t))
  const [arrival] = await simulator.inbox(person)
  t.same(arrival?.request.body, {
    type: 'link', guid: 'k', title: 'T', body: 'B\nTrack it: https://example.com/7\nCancel it: https://example.com/c', url: 'https://example.com/'
  })
})

t.test('omits fields that a message lacks', async (t) => {
  const { person, credentials } = await connectUser()
  await pushbullet.send?.({ type: 'link', url: 'https://example.com/' }, 'k', credentials, call(t))
  const [arrival] = await simulator.inbox(person)
  t.same(arrival?.request.body, { type: 'link', guid: 'k', url: 'https://example.com/' })
})

t.test('uploads a file, and pushes it with the name of the upload', async (t) => {
  const { person, credentials } = await connectUser()
  const file = { ...byValue('file content ü'), name: '../../etc/ré"port\r\n.txt' }
  await pushbullet.send?.({ type: 'file', title: 'T', body: 'B', file }, 'k', credentials, call(t))
  const [arrival] = await simulator.inbox(person)
  t.match(arrival?.request.body, { type: 'file', guid: 'k', body: 'T\nB', file_name: 'ré"port.txt', file_type: 'text/plain' })
  t.same(Object.keys(Object(arrival?.request.body)).sort(), ['body', 'file_name', 'file_type', 'file_url', 'guid', 'type'])
  const stored = await fetch(String(arrival?.item.file_url))
  t.equal(await stored.text(), 'file content ü')
})

t.test('requires a url for a link and a file for a file message', async (t) => {
  const { credentials } = await connectUser()
  const before = await simulator.calls('POST /pushbullet/v2/pushes')
  for (const type of ['link', 'file'] as const) {
    await refused(t, pushbullet.send?.({ type, title: 'T' }, 'k', credentials, call(t)), { kind: 'rejected' })
  }
  t.equal(await simulator.calls('POST /pushbullet/v2/pushes'), before)
})

t.test('distinguishes a used-up quota and a refused parameter from a bad token', async (t) => {
  const { credentials } = await connectUser()
  const note = { type: 'note', body: 'B' } as const
  await simulator.fault(t, { match: 'POST /v2/pushes', status: 400, times: 1 })
  await refused(t, pushbullet.send?.(note, 'k', credentials, call(t)), { kind: 'quota', status: 400 })
  const error = { type: 'invalid_request', message: "The param 'body' has an invalid value.", param: 'body' }
  await simulator.fault(t, { match: 'POST /v2/pushes', status: 400, body: { error }, times: 1 })
  await refused(t, pushbullet.send?.(note, 'k', credentials, call(t)), { kind: 'rejected', reason: 'parameter body refused' })
})

t.test('does not blame the account for errors of the file storage', async (t) => {
  const { credentials } = await connectUser()
  const message = { type: 'file', file: byValue('x') } as const
  for (const [status, kind] of [[401, 'rejected'], [403, 'rejected'], [302, 'rejected'], [429, 'transient'], [503, 'transient']] as const) {
    await simulator.fault(t, { match: 'POST /upload/', status, times: 1 })
    await refused(t, pushbullet.send?.(message, 'k', credentials, call(t)), { kind, status }, String(status))
  }
})

t.test("classifies responses of a file's server", async (t) => {
  const { person, credentials } = await connectUser()
  for (const [status, kind] of [[404, 'rejected'], [401, 'rejected'], [302, 'rejected'], [429, 'transient'], [500, 'transient']] as const) {
    const url = await web(t, (_, response) => { response.writeHead(status).end('x') })
    const message = { type: 'file', file: { name: 'a', type: 'text/plain', url } } as const
    await refused(t, pushbullet.send?.(message, 'k', credentials, call(t, { allowPrivateHosts: ['127.0.0.1'] })), { kind, status })
  }
  t.same(await simulator.inbox(person), [])
})

t.test('accepts a file of the maximum size, and not one byte more', async (t) => {
  const { person, credentials } = await connectUser()
  const before = await simulator.calls('POST /pushbullet/v2/upload-request')
  const largest = 26_214_400
  const url = await web(t, (request, response) => { response.end(Buffer.alloc(Number(request.url?.slice(1)), 'x')) })
  const send = async (bytes: number) => await pushbullet.send?.(
    { type: 'file', file: { name: 'a', type: 'text/plain', url: `${url}/${bytes}` } }, 'k', credentials, call(t, { allowPrivateHosts: ['127.0.0.1'] }))
  await refused(t, send(largest + 1), { kind: 'rejected', reason: 'file is larger than 26214400 bytes' })
  t.equal(await simulator.calls('POST /pushbullet/v2/upload-request'), before)
  const value = { name: 'a', type: 'text/plain', data: Buffer.alloc(largest + 1).toString('base64') }
  await refused(t, pushbullet.send?.({ type: 'file', file: value }, 'k', credentials, call(t)), { kind: 'rejected' })
  await send(largest)
  t.equal((await simulator.inbox(person)).length, 1)
})

t.test('sends the token only to the API, and uploads one part named file', async (t) => {
  const uploads: Array<{ url: string | undefined, token: unknown, authorization: unknown, form: FormData }> = []
  const storage = await web(t, async (request, response) => {
    const headers = { 'content-type': request.headers['content-type'] ?? '' }
    const form = await new Response(Buffer.concat(await request.toArray()), { headers }).formData()
    uploads.push({ url: request.url, token: request.headers['access-token'], authorization: request.headers.authorization, form })
    response.writeHead(204).end()
  })
  const api = await web(t, (request, response) => {
    const granted = { file_name: 'given.txt', file_type: 'text/given', file_url: 'https://files.example/f', upload_url: `${storage}/u?policy=1` }
    response.end(JSON.stringify(request.url === '/v2/upload-request' ? granted : { iden: 'p' }))
  })
  const message = { type: 'file', file: byValue('content') } as const
  const client = pushbulletAt(api)
  const http = (allowPrivateHosts: string[]) => call(t, { trustedOrigins: [api], allowPrivateHosts })

  await refused(t, client.send?.(message, 'k', { accessToken: 'o.T' }, http([])), { kind: 'rejected', reason: 'not allowed' },
    'not even to our own network does an upload_url lead')
  t.same(uploads, [])

  t.same(await client.send?.(message, 'k', { accessToken: 'o.T' }, http(['127.0.0.1'])), { id: 'p' })
  const [upload] = uploads
  t.match(upload, { url: '/u?policy=1', token: undefined, authorization: undefined })
  t.same([...upload?.form.keys() ?? []], ['file'])
  const part = upload?.form.get('file')
  if (!(part instanceof Blob)) return t.fail('the part is no file')
  t.match(part, { name: 'given.txt', type: 'text/given' })
  t.equal(await part.text(), 'content')
})

function pushbulletAt (apiUrl: string) {
  return createPushbullet({ clientId: 'carillon', clientSecret, authorizeUrl: `${simulator.url}/pushbullet/authorize`, apiUrl })
}

async function connectUser () {
  const person = await simulator.account()
  return { person, credentials: pushbullet.parseCredentials(person.credentials) }
}

async function refused (t: Test, attempt: Promise<unknown> | undefined, expected: object, why?: string): Promise<void> {
  const error: unknown = await attempt?.then(() => undefined, (error: unknown) => error)
  if (!(error instanceof ProviderError)) throw new Error('expected a ProviderError', { cause: error })
  t.match({ ...error.failure, status: error.status }, expected, why ?? error.message)
}

function call (t: Test, options: Partial<HttpOptions> = {}): RequestContext {
  const http = createHttp({ trustedOrigins: pushbullet.origins, allowPrivateHosts: [], ...options })
  t.teardown(() => http.close())
  return { http, signal: new AbortController().signal, now: Date.now, registrations: createMemoryRegistrations() }
}
