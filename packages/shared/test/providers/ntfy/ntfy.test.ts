import { createHttp, ProviderError } from '@carillon/http'
import { createMemoryRegistrations } from '@carillon/clients'
import t from 'tap'
import { createNtfy } from '../../../src/providers/ntfy/ntfy.ts'
import type { NtfyCredentials } from '../../../src/providers/ntfy/topic-address.ts'
import { openSimulator } from '../conformance/simulator.ts'

const simulator = await openSimulator(t, 'ntfy')
const host = simulator.environment['NTFY_HTTP_HOSTS'] ?? ''
const ntfy = createNtfy({ url: `http://${host}`, insecureHosts: [host] })
const http = createHttp({ trustedOrigins: ntfy.origins, allowPrivateHosts: [] })
t.teardown(() => http.close())
const context = { http, signal: new AbortController().signal, now: Date.now, registrations: createMemoryRegistrations() }
const { address } = ntfy.handshakes
if (address === undefined) throw new Error('there is no handshake')
const confirmation = { code: '123456', url: 'https://site.example/connect/ntfy/confirm?link=x', site: 'Bell & Sons' }

async function reasonOf (text: string): Promise<string> {
  try {
    await address?.accept(text, context)
    return 'accepted'
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    return `${error.failure.kind}: ${error.failure.reason}`
  }
}

t.test('accepts an address of a topic in several forms', async (t) => {
  const token = 'tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2'
  for (const text of [`http://${host}/alerts`, `${host}/alerts`, `ntfy://${host}/alerts`, 'alerts', ` http://${host}/alerts/ `]) {
    t.match(await address.accept(text, context), { credentials: { host, topic: 'alerts' }, account: { host, name: `${host}/al…` } }, text)
  }
  t.match(await reasonOf(`${host}/alerts ${token}`), /^rejected: has an access token that the server does not accept/, 'an invalid token')
})

t.test('refuses texts other than the address of a topic', async (t) => {
  for (const text of [
    '', 'https://', `http://${host}/`, `http://${host}/a/b`, `http://${host}/al%20erts`, `http://${host}/docs`, `ftp://${host}/alerts`, 'a b c',
    `http://user:secret@${host}/alerts`, `http://tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2@${host}/alerts`, 'http://ntfy.example/alerts',
    `http://${host}/alerts?auth=x`, `http://${host}/alerts wrong-token`, 'x'.repeat(65)
  ]) t.match(await reasonOf(text), /^rejected: (must|has)/, text)
})

t.test('does not send to private addresses of servers that users choose', async (t) => {
  t.match(await reasonOf('https://127.0.0.1/alerts'), /^rejected/)
  t.match(await reasonOf('https://169.254.169.254/latest'), /^rejected/)
})

t.test('needs the token of a protected topic, and reveals no topic in the account', async (t) => {
  const { credentials } = await simulator.account()
  const { topic, accessToken } = ntfy.parseCredentials(credentials)
  const open = await address.accept(`${host}/${topic}`, context)
  await t.rejects(async () => await address.sendCode?.(open, confirmation, context), { message: /needs an access token/ })
  const grant = await address.accept(`${host}/${topic} ${accessToken}`, context)
  t.equal(await address.sendCode?.(grant, confirmation, context), 'sent')
  t.notOk(`${grant.account.id} ${grant.account.name}`.includes(topic))
  t.equal((await ntfy.identify(grant.credentials, context)).id, grant.account.id)
})

t.test('makes a topic that cannot be guessed, with a link for the app', async (t) => {
  const [one, other] = [address.generate?.create() ?? '', address.generate?.create() ?? '']
  t.not(one, other)
  const grant = await address.accept(one, context)
  const { topic } = grant.credentials
  t.match(topic, /^car-[0-9a-f]{32}$/)
  t.equal(grant.account.name, `${host}/car-…${topic.slice(-4)}`, 'the name distinguishes it from others and does not reveal it')
  t.same(address.deviceLinks?.(grant), { appUrl: `ntfy://${one}?secure=false`, webUrl: `http://${one}` })
})

t.test('sends the code with a button that opens the link', async (t) => {
  const grant = await address.accept(`${host}/codes`, context)
  await address.sendCode?.(grant, confirmation, context)
  const [arrival] = await simulator.inbox({ name: 'codes', credentials: {} })
  t.match(arrival?.item, {
    title: 'Connect ntfy to Bell & Sons', message: /^123456 is the code/, actions: [{ action: 'view', label: 'Connect', url: confirmation.url }]
  })
})

t.test('shows links, priority, tags, and replaces a message with the same collapse key', async (t) => {
  const credentials: NtfyCredentials = { host, topic: 'shown' }
  const send = (message: object, key: string) => ntfy.send?.({ type: 'note', body: 'Text', ...message }, key, credentials, context)
  await send({ title: 'T', url: 'https://a.example/', urgency: 'critical', level: 'error', collapseKey: 'order 7' }, 'one')
  await send({ collapseKey: 'order 7', actions: [1, 2, 3, 4].map((index) => ({ title: `A${index}`, url: 'https://a.example/' })) }, 'two')
  await send({ body: '', title: 'Only a title' }, 'three')
  const items = (await simulator.inbox({ name: 'shown', credentials: {} })).map(({ item }) => item)
  t.match(items[0], { title: 'T', message: 'Text', click: 'https://a.example/', priority: 5, tags: ['rotating_light'] })
  t.equal(items[0]?.['sequence_id'], items[1]?.['sequence_id'])
  t.match(items[1], { priority: 3, actions: [{ label: 'A1' }, { label: 'A2' }, { label: 'A3' }] })
  t.match(items[2], { message: 'Only a title', sequence_id: 'three' })
  t.notOk('title' in Object(items[2]))
})

t.test('each server has a health of its own, even if the operator allows some without TLS', async (t) => {
  t.same(ntfy.origins, [`http://${host}`])
  t.same(ntfy.ownHosts, [])
})
