import { randomUUID } from 'node:crypto'
import { createMemoryRegistrations } from '@carillon/clients'
import { createHttp, ProviderError } from '@carillon/http'
import type { Failure } from '@carillon/http'
import t from 'tap'
import type { Test } from 'tap'
import webPush from 'web-push'
import webPushTesting from 'web-push-testing/src/PushApiModel.js'
import { web } from '../../../../http/test/local-server.ts'
import type { Message, RequestContext } from '../../../src/providers/index.ts'
import { generateVapidKey, parseVapidKey } from '../../../src/providers/webpush/vapid-keys.ts'
import { createWebPush } from '../../../src/providers/webpush/webpush.ts'
import { openSimulator } from '../conformance/simulator.ts'

const contact = 'mailto:admin@example.com'
const note: Message = { type: 'note', title: 'Hello', body: 'World' }
const [first, second] = [generateVapidKey(), generateVapidKey()]

function open (t: Test, hosts: string[], keys = [first], retiredKeys: string[] = []) {
  const provider = createWebPush({ contact, keys, retiredKeys, hosts, ttlSeconds: 60 }, { name: 'Teapot Shop' })
  const http = createHttp({ trustedOrigins: provider.origins, allowPrivateHosts: [] })
  t.teardown(() => http.close())
  const { signal } = new AbortController()
  const moved: unknown[] = []
  const context: RequestContext = {
    http, signal, now: Date.now, registrations: createMemoryRegistrations(), onMoved: (credentials) => { moved.push(credentials) }
  }
  const send = (message: Message, credentials: unknown, key: string = randomUUID()) => {
    return provider.send?.(message, key, provider.parseCredentials(credentials), context)
  }
  const { subscribe } = provider.handshakes
  if (subscribe === undefined) throw new Error('Web Push has a handshake')
  return { send, subscribe, moved }
}

async function failureOf (act: () => unknown): Promise<Failure> {
  try {
    await act()
  } catch (error) {
    if (error instanceof ProviderError) return error.failure
    throw error
  }
  throw new Error('nothing was thrown')
}

async function openBrowsers (t: Test) {
  const simulator = await openSimulator(t, 'webpush')
  const subscribe = async (body: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`${simulator.url}/_control/webpush/browsers`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body)
    })
    return await response.json() as Record<string, unknown>
  }
  return { ...simulator, subscribe }
}

t.test('connects the subscription of a browser', async (t) => {
  const { subscribe } = open(t, [], [first, second])
  const [current, older] = [first, second].map((key) => parseVapidKey(key))
  t.same(subscribe.publicKeys, [current?.publicKey, older?.publicKey])
  const keys = { p256dh: current?.publicKey, auth: Buffer.alloc(16, 7).toString('base64url') }
  const endpoint = 'https://updates.push.services.mozilla.com/wpush/v2/abc'
  const { credentials, account } = subscribe.accept({ endpoint, expirationTime: null, keys })
  t.same(credentials, { endpoint, ...keys, keyId: current?.id })
  t.match(account, { id: /^[\w-]{43}$/, name: 'Firefox', host: 'updates.push.services.mozilla.com' })
  const named = subscribe.accept({ endpoint, keys, name: 'Firefox on Linux', applicationServerKey: older?.publicKey })
  t.match(named, { credentials: { keyId: older?.id }, account: { id: account.id, name: 'Firefox on Linux' } })

  for (const [wrong, reason] of [
    [undefined, /no endpoint/],
    [{ endpoint, keys: { ...keys, auth: 'short' } }, /auth/],
    [{ endpoint, keys: { ...keys, p256dh: Buffer.alloc(65, 4).toString('base64url') } }, /public key/],
    [{ endpoint: 'https://evil.example/', keys }, /WEBPUSH_HOSTS/],
    [{ endpoint: 'https://permanently-removed.invalid/fcm/send/abc', keys }, /removed by the browser/],
    [{ endpoint, keys, applicationServerKey: parseVapidKey(generateVapidKey()).publicKey }, /key that this server does not have/]
  ] as const) {
    t.match(await failureOf(() => subscribe.accept(wrong)), { kind: 'rejected', reason })
  }
})

t.test('is understood by the push service of web-push-testing', async (t) => {
  const service = new webPushTesting.PushApiModel()
  const url = await web(t, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const headers = {
        encoding: String(request.headers['content-encoding']), ttl: String(request.headers['ttl']), authorization: request.headers.authorization
      }
      service.handleNotification(request.url?.slice(1) ?? '', headers, Buffer.concat(chunks))
        .then(() => response.writeHead(201).end(), () => response.writeHead(410).end())
    })
  })
  service.notifyUrl = `${url}/`
  const { send, subscribe } = open(t, [url])
  const { endpoint, keys, clientHash } = await service.subscribe({ applicationServerKey: subscribe.publicKeys[0] })
  const toBase64url = (text: string) => Buffer.from(text, 'base64').toString('base64url')
  const { credentials } = subscribe.accept({ endpoint, keys: { p256dh: toBase64url(keys.p256dh), auth: toBase64url(keys.auth) } })
  const key = randomUUID()
  t.same(await send(note, credentials, key), { id: key })
  t.same(service.getNotifications({ clientHash }).messages.map((text) => JSON.parse(text)), [
    { web_push: 8030, notification: { title: 'Hello', body: 'World', tag: key } }
  ])
  service.expireSubscription(clientHash)
  t.match(await failureOf(() => send(note, credentials)), { kind: 'gone' })
})

t.test('the simulator shows what the library web-push encrypts and signs', async (t) => {
  const { url, subscribe, inbox } = await openBrowsers(t)
  const vapid = webPush.generateVAPIDKeys()
  const subscription = await subscribe({ account: 'ann', applicationServerKey: vapid.publicKey })
  const payload = JSON.stringify({ web_push: 8030, notification: { title: 'From web-push', tag: 'a' } })
  const details = webPush.generateRequestDetails(subscription, payload, { vapidDetails: { subject: contact, ...vapid }, TTL: 60 })
  const post = (changes: Record<string, string>, endpoint = subscription['endpoint']) => {
    const headers = new Headers(Object.entries({ ...details.headers, ...changes }).map(([name, value]) => [name, String(value)]))
    headers.delete('content-length')
    return fetch(String(endpoint), { method: 'POST', headers, body: new Uint8Array(details.body) })
  }
  const accepted = await post({})
  t.equal(accepted.status, 201)
  t.match(accepted.headers.get('location'), /\/m\//)
  t.match(await inbox({ name: 'ann', credentials: undefined }), [{ item: { title: 'From web-push' } }])

  const errnoOf = async (response: Response) => [response.status, (await response.json() as { errno: number }).errno]
  t.same(await errnoOf(await post({ TTL: '' })), [400, 111])
  t.same(await errnoOf(await post({ Topic: 'no topic' })), [400, 113])
  t.same(await errnoOf(await post({ 'Content-Encoding': 'aesgcm' })), [400, 110])
  t.same(await errnoOf(await post({ Authorization: 'vapid t=a.b.c, k=d' })), [401, 109])
  t.same(await errnoOf(await post({}, `${url}/webpush/wpush/v2/unknown`)), [404, 102])
  const otherKey = { subject: contact, ...webPush.generateVAPIDKeys() }
  const other = webPush.generateRequestDetails(subscription, payload, { vapidDetails: otherKey })
  const mismatch = await post({ Authorization: other.headers['Authorization'] ?? '' })
  t.equal(mismatch.status, 401)
  t.match(await mismatch.json(), { errno: 109, message: 'VAPID public key mismatch' })
})

for (const flavor of ['mozilla', 'google', 'apple', 'microsoft']) {
  t.test(`explains the errors of ${flavor}`, async (t) => {
    const { url, subscribe, control, inbox } = await openBrowsers(t)
    const { send, subscribe: handshake } = open(t, [url])
    const connect = async (body: object) => handshake.accept(await subscribe({ flavor, ...body })).credentials
    const credentials = await connect({ account: 'ann' })
    await send({ ...note, collapseKey: 'match 7', urgency: 'high' }, credentials)
    t.match(await inbox({ name: 'ann', credentials: undefined }), [
      { item: { title: 'Hello' }, request: { headers: { ttl: '60', urgency: 'high', topic: /^[\w-]{32}$/, 'content-encoding': 'aes128gcm' } } }
    ])
    for (const [fault, expected] of [
      ['gone', { kind: 'gone', reason: /no longer accepts/ }],
      ['unknown', { kind: 'gone', reason: /no longer accepts/ }],
      ['vapid', { kind: 'misconfigured' }],
      ['tooMany', { kind: 'rateLimited', scope: 'host' }],
      ['unavailable', { kind: 'rateLimited', scope: 'host' }],
      ['keyMismatch', { kind: 'gone', reason: /another VAPID key/ }]
    ] as const) {
      await control('faults', { provider: 'webpush', fault, times: 1 })
      t.match(await failureOf(() => send(note, credentials)), expected, fault)
    }
    const foreign = await connect({ account: 'ben', applicationServerKey: parseVapidKey(first).publicKey })
    const { send: sendWithOther } = open(t, [url], [second, first])
    await sendWithOther(note, foreign)
    t.equal((await inbox({ name: 'ben', credentials: undefined })).length, 1, 'an older key sends to the browsers that subscribed with it')
  })
}

t.test('sends a short form when the push service finds the message too large', async (t) => {
  const { url, subscribe, control, inbox } = await openBrowsers(t)
  const { send, subscribe: handshake } = open(t, [url])
  const { credentials } = handshake.accept(await subscribe({ account: 'ann' }))
  await control('faults', { provider: 'webpush', fault: 'tooLarge', times: 1 })
  await send({ ...note, type: 'link', url: 'https://shop.example/' }, credentials)
  const [arrival] = await inbox({ name: 'ann', credentials: undefined })
  t.match(arrival?.item, { title: 'Hello', body: undefined, navigate: 'https://shop.example/' })
  await control('faults', { provider: 'webpush', fault: 'tooLarge', times: 2 })
  t.match(await failureOf(() => send(note, credentials)), { kind: 'rejected', isTooMuch: true }, 'once')
})

t.test('does not blame the connection when the key of a subscription is missing', async (t) => {
  const { url, subscribe, calls } = await openBrowsers(t)
  const { subscribe: handshake } = open(t, [url], [first])
  const { credentials } = handshake.accept(await subscribe({ account: 'ann' }))
  const { send } = open(t, [url], [second])
  const { id } = parseVapidKey(first)
  const reason = `WEBPUSH_KEYS lacks the key ${id}, with which browsers have subscribed; add it, or name it in WEBPUSH_RETIRED_KEYS`
  t.same(await failureOf(() => send(note, credentials)), { kind: 'misconfigured', reason })
  t.match(await failureOf(() => open(t, [url], [second], [id]).send(note, credentials)), { kind: 'gone' }, 'unless the operator has retired it')
  t.equal(await calls('POST /webpush/wpush/v2/:token'), 0)
})

t.test('finds the key of an imported subscription, and stores it', async (t) => {
  const { url, subscribe, inbox, calls } = await openBrowsers(t)
  const { publicKey, id } = parseVapidKey(second)
  const { endpoint, keys } = await subscribe({ account: 'ann', applicationServerKey: publicKey })
  const imported = { endpoint, ...Object(keys) }
  const { send, moved } = open(t, [url], [first, second])
  await send(note, { endpoint, expirationTime: null, keys })
  t.same(moved, [{ ...imported, keyId: id }])
  t.equal((await inbox({ name: 'ann', credentials: undefined })).length, 1)
  await send(note, moved[0])
  t.equal(moved.length, 1)
  t.equal(await calls('POST /webpush/wpush/v2/:token'), 3, 'the second message is sent once')
})

t.test('blames a browser for its key only where the key has worked', async (t) => {
  const { url, subscribe } = await openBrowsers(t)
  const { publicKey, id } = parseVapidKey(first)
  const { endpoint, keys } = await subscribe({ account: 'ann', applicationServerKey: parseVapidKey(second).publicKey })
  const imported = { endpoint, ...Object(keys) }
  const { send, subscribe: handshake } = open(t, [url])
  const reason = `the browser subscribed with another VAPID key than ${id}: if your site has that key, add it to WEBPUSH_KEYS`
  t.match(await failureOf(() => send(note, imported)), {
    kind: 'misconfigured', reason, scope: 'connection', lasting: { rule: 'otherKey', kind: 'rejected', reason: /for three days.*WEBPUSH_KEYS/ }
  }, 'no other browser waits for that')
  await send(note, handshake.accept(await subscribe({ account: 'ben', applicationServerKey: publicKey })).credentials)
  t.match(await failureOf(() => send(note, imported)), { kind: 'gone', reason: /another VAPID key/ })
})

t.test('pauses a push service only when it refuses the signature for several browsers', async (t) => {
  const { url, subscribe, control } = await openBrowsers(t)
  const { send, subscribe: handshake } = open(t, [url])
  const connect = async (account: string) => handshake.accept(await subscribe({ account })).credentials
  const [ann, ben, cleo, dora] = [await connect('ann'), await connect('ben'), await connect('cleo'), await connect('dora')]
  const scopeOf = async (credentials: unknown) => {
    await control('faults', { provider: 'webpush', fault: 'vapid', times: 1 })
    const failure = await failureOf(() => send(note, credentials))
    if (failure.kind !== 'misconfigured') return failure
    t.equal(failure.lasting?.rule, failure.scope === 'connection' ? 'refusedKey' : undefined, 'what concerns all browsers has no end')
    return failure.scope
  }
  t.equal(await scopeOf(ann), 'host', 'before the key has worked there')
  await send(note, ann)
  t.same([await scopeOf(ben), await scopeOf(ben), await scopeOf(ben), await scopeOf(cleo)], Array(4).fill('connection'))
  t.equal(await scopeOf(dora), 'host')
  await send(note, ann)
  t.equal(await scopeOf(dora), 'connection', 'the push service has accepted the key again')
})

t.test('sends nothing to a host that is no longer allowed, or that the guard refuses', async (t) => {
  const { url, subscribe, calls } = await openBrowsers(t)
  const { credentials } = open(t, [url]).subscribe.accept(await subscribe({ account: 'ann' }))
  t.match(await failureOf(() => open(t, []).send(note, credentials)), { kind: 'rejected', reason: /https/ })
  const removed = { ...credentials, endpoint: 'https://permanently-removed.invalid/fcm/send/abc' }
  t.match(await failureOf(() => open(t, []).send(note, removed)), { kind: 'gone' })
  const inside = { ...credentials, endpoint: 'https://127.0.0.1/abc' }
  t.match(await failureOf(() => open(t, ['*']).send(note, inside)), { kind: 'rejected' })
  t.equal(await calls('POST /webpush/wpush/v2/:token'), 0)
})

t.test('a browser that is offline gets the last message of each topic', async (t) => {
  const { url, subscribe, control, inbox } = await openBrowsers(t)
  const { send, subscribe: handshake } = open(t, [url])
  const { credentials } = handshake.accept(await subscribe({ account: 'ann' }))
  await control('webpush/offline', { account: 'ann', offline: true })
  for (const title of ['1:0', '2:0']) await send({ type: 'note', title, collapseKey: 'match 7' }, credentials)
  await send({ type: 'note', title: 'Other' }, credentials)
  t.same(await inbox({ name: 'ann', credentials: undefined }), [])
  await control('webpush/offline', { account: 'ann', offline: false })
  t.match((await inbox({ name: 'ann', credentials: undefined })).map(({ item }) => item['title']), ['2:0', 'Other'])
})
