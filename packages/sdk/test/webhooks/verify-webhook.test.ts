import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import t from 'tap'
import { verifyWebhook } from '../../src/index.ts'

const secret = `whsec_${randomBytes(32).toString('base64')}`
const signedAt = new Date('2026-12-24T18:00:00Z')
const body = JSON.stringify({ type: 'connection.needs_reauth', data: { text: 'Grüße 🎄' } })

/** Signed by an independent implementation. */
const sign = (key = secret, content = body) => new Webhook(key).sign('evt_1', signedAt, content)
const headers = { 'webhook-id': 'evt_1', 'webhook-timestamp': String(signedAt.getTime() / 1_000), 'webhook-signature': sign() }
type Given = Parameters<typeof verifyWebhook>

const verify = (given: Given[1] = headers, content: Given[0] = body, key = secret, seconds = 0) =>
  verifyWebhook(content, given, key, { now: () => signedAt.getTime() + seconds * 1_000 })

t.test('accepts what standardwebhooks signed, in every form of body and headers', async (t) => {
  const payload = JSON.parse(body)
  t.same(await verify(), payload)
  t.same(await verify(new Headers(headers), Buffer.from(body)), payload)
  t.same(await verify(headers, new Uint8Array(Buffer.from(body)).buffer), payload)
  t.same(await verify({ 'Webhook-Id': 'evt_1', 'Webhook-Timestamp': [headers['webhook-timestamp']], 'WEBHOOK-SIGNATURE': headers['webhook-signature'] }), payload)
  t.same(await verify(headers, body, secret.replace('whsec_', '')), payload, 'a secret without its prefix')
})

t.test('the type of an event decides the type of its data', async (t) => {
  const data = { notificationId: 'ntf_1', status: 'completed', counts: { sent: 2 } }
  const content = JSON.stringify({ id: 'evt_1', type: 'notification.completed', createdAt: '2026-12-24T18:00:00.000Z', data })
  const event = await verify({ ...headers, 'webhook-signature': sign(secret, content) }, content)
  // Without a type parameter, these lines pass the type check.
  switch (event.type) {
    case 'notification.completed': t.equal(event.data.counts.sent, 2); break
    case 'connection.needs_reauth': t.fail(event.data.connectionId); break
    case 'delivery.failed': t.fail(event.data.deliveries[0]?.notificationId ?? ''); break
    case 'endpoint.test': t.fail(event.data.endpointId); break
    default: t.fail(event.id)
  }
})

t.test('one of several signatures is enough, as while a secret is replaced', async (t) => {
  const other = sign(`whsec_${randomBytes(32).toString('base64')}`)
  t.ok(await verify({ ...headers, 'webhook-signature': `${other} v1a,asymmetric v1,%% ${sign()}` }))
  await t.rejects(verify({ ...headers, 'webhook-signature': `${other} v2,${sign().slice(3)}` }), { code: 'invalidSignature', reason: 'noMatch' })
})

t.test('refuses another secret, body, id and time', async (t) => {
  const refused = { name: 'CarillonError', code: 'invalidSignature', reason: 'noMatch' }
  await t.rejects(verify(headers, body, `whsec_${randomBytes(32).toString('base64')}`), refused)
  await t.rejects(verify(headers, `${body} `), refused)
  await t.rejects(verify({ ...headers, 'webhook-id': 'evt_2' }), refused)
  await t.rejects(verify({ ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) }), refused)
  await t.rejects(verify({ ...headers, 'webhook-signature': sign().slice(0, -4) }), refused, 'a part of a signature')
})

t.test('refuses a webhook that is older or newer than five minutes', async (t) => {
  for (const seconds of [300, -300]) t.ok(await verify(headers, body, secret, seconds))
  for (const seconds of [301, -301]) await t.rejects(verify(headers, body, secret, seconds), { code: 'invalidSignature', reason: 'timestamp' })
})

t.test('refuses a request without its headers, and says what is wrong with a secret', async (t) => {
  for (const name of Object.keys(headers)) {
    await t.rejects(verify({ ...headers, [name]: undefined }), { code: 'invalidSignature', reason: 'missingHeader', message: new RegExp(name) })
  }
  await t.rejects(verify({ ...headers, 'webhook-timestamp': '1e3' }), { code: 'invalidSignature', reason: 'missingHeader' })
  await t.rejects(verify(headers, body, 'not base64!'), { name: 'TypeError', message: /whsec_/ })
})
