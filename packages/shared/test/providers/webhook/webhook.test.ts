import { createMemoryRegistrations } from '@carillon/clients'
import { createHttp, ProviderError } from '@carillon/http'
import { Webhook } from 'standardwebhooks'
import t from 'tap'
import { web } from '../../../../http/test/local-server.ts'
import { newWebhookSecret } from '../../../src/webhooks/index.ts'
import { createWebhook } from '../../../src/providers/webhook/webhook.ts'
import { openSimulator } from '../conformance/simulator.ts'

const simulator = await openSimulator(t, 'webhook')
const host = simulator.environment['WEBHOOK_HTTP_HOSTS'] ?? ''
const webhook = createWebhook({ insecureHosts: [host] })
const http = createHttp({ trustedOrigins: webhook.origins, allowPrivateHosts: [] })
t.teardown(() => http.close())
const context = { http, signal: new AbortController().signal, now: Date.now, registrations: createMemoryRegistrations() }
const { address } = webhook.handshakes
if (address === undefined) throw new Error('there is no handshake')
const confirmation = { code: '123456', url: 'https://site.example/connect/webhook/confirm?link=x', site: 'Bell & Sons' }
const urlOf = (name: string): string => `http://${host}/hooks/${name}`

async function failureOf (act: () => Promise<unknown> | undefined): Promise<object> {
  try {
    await act()
    return {}
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    return error.failure
  }
}

t.test('creates a secret for each URL, and shows it', async (t) => {
  const [one, other] = [await address.accept(urlOf('one'), context), await address.accept(urlOf('one'), context)]
  t.match(one.newSecret, { label: 'Signing secret', value: one.credentials.secret, hint: /Standard Webhooks/ })
  t.not(one.credentials.secret, other.credentials.secret)
  t.same(one.account, other.account)
})

t.test('proves the owner by a program that returns the challenge', async (t) => {
  const grant = await address.accept(urlOf('echo'), context)
  t.equal(await address.sendCode?.(grant, confirmation, context), 'proven')
  const [arrival] = await simulator.inbox({ name: 'echo', credentials: {} })
  t.match(arrival?.item, { type: 'connection.verify', data: { challenge: '123456', url: confirmation.url, site: 'Bell & Sons' } })
  const { headers = {}, body } = arrival?.request ?? {}
  t.doesNotThrow(() => new Webhook(grant.credentials.secret).verify(JSON.stringify(body), headers))
})

t.test('leaves the code to the user where the program does not return it, or refuses what it cannot verify', async (t) => {
  const { credentials } = await simulator.account()
  const quiet = await web(t, (_request, response) => { response.end('OK') })
  const strict = await web(t, (_request, response) => { response.writeHead(401).end() })
  t.equal(await address.sendCode?.(await address.accept(webhook.parseCredentials(credentials).url, context), confirmation, context), 'proven',
    'a program that knows an earlier secret answers too')
  for (const url of [quiet, strict]) {
    const own = createWebhook({ insecureHosts: [new URL(url).host] })
    const ownHttp = createHttp({ trustedOrigins: own.origins, allowPrivateHosts: [] })
    t.teardown(() => ownHttp.close())
    const grant = await own.handshakes.address?.accept(`${url}/`, context)
    if (grant === undefined) throw new Error('there is no handshake')
    t.equal(await own.handshakes.address?.sendCode?.(grant, confirmation, { ...context, http: ownHttp }), 'sent')
  }
})

t.test('says what is wrong with a URL that cannot receive', async (t) => {
  await simulator.control('webhook/endpoints', { account: 'missing', status: 404 })
  const send = async (text: string) => await failureOf(async () =>
    await address.sendCode?.(await address.accept(text, context), confirmation, context))
  t.match(await send(urlOf('missing')), { kind: 'rejected', reason: /error 404/ })
  await simulator.control('webhook/endpoints', { account: 'moved', status: 301 })
  t.match(await send(urlOf('moved')), { kind: 'rejected', reason: /^redirects/ })
  t.match(await send('https://127.0.0.1/'), { kind: 'rejected', reason: 'not allowed' }, 'a private address')
  t.match(await send('https://169.254.169.254/latest'), { kind: 'rejected', reason: 'not allowed' })
})

t.test('sends what the library of the specification verifies, with earlier secrets too', async (t) => {
  const secrets = [newWebhookSecret(), newWebhookSecret()]
  const [secret = '', earlier = ''] = secrets
  const credentials = { url: urlOf('signed'), secret, retiring: [{ secret: earlier, until: Date.now() + 60_000 }] }
  await simulator.control('webhook/endpoints', { account: 'signed', secrets: [earlier] })
  await webhook.send?.({ type: 'link', title: 'Tïtle', url: 'https://a.example/', level: 'error', urgency: 'high' }, 'key-1', credentials, context)
  const [arrival] = await simulator.inbox({ name: 'signed', credentials: {} })
  t.match(arrival?.item, {
    id: 'key-1', signature: 'valid', data: { type: 'link', title: 'Tïtle', url: 'https://a.example/', level: 'error', urgency: 'high' }
  })
  for (const secret of secrets) {
    t.match(new Webhook(secret).verify(JSON.stringify(arrival?.request.body), arrival?.request.headers ?? {}), { type: 'notification.sent' })
  }
  const wrong = { url: urlOf('signed'), secret: newWebhookSecret() }
  t.match(await failureOf(() => webhook.send?.({ type: 'note', title: 'T' }, 'key-2', wrong, context)), { kind: 'transient', lasting: { rule: 'refused' } })
})

t.test('accepts a long response, of which it reads the start only', async (t) => {
  const url = await web(t, (_request, response) => {
    response.write('x'.repeat(100_000))
    const more = setInterval(() => response.write('x'.repeat(100_000)), 1)
    response.on('close', () => clearInterval(more))
  })
  const own = createWebhook({ insecureHosts: [new URL(url).host] })
  const ownHttp = createHttp({ trustedOrigins: own.origins, allowPrivateHosts: [] })
  t.teardown(() => ownHttp.close())
  const credentials = { url: `${url}/`, secret: newWebhookSecret() }
  t.same(await own.send?.({ type: 'note', title: 'T' }, 'key-1', credentials, { ...context, http: ownHttp }), { id: 'key-1' })
})

t.test('counts private addresses and unusable names, which only the owner can fix', async (t) => {
  const send = (url: string) => failureOf(() => webhook.send?.({ type: 'note', title: 'T' }, 'k', { url, secret: newWebhookSecret() }, context))
  const lasting = { rule: 'unreachable', kind: 'unauthorized', times: 3, ms: 24 * 3_600_000 }
  t.match(await send('https://127.0.0.1/'), { kind: 'transient', reason: 'host is not public', lasting })
  t.match(await send('https://nowhere.invalid/'), { kind: 'transient', lasting })
})

t.test('each endpoint has a health of its own, even if the operator allows some without TLS', async (t) => {
  t.same(webhook.origins, [`http://${host}`])
  t.same(webhook.ownHosts, [])
})
