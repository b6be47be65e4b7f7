import { Webhook } from 'standardwebhooks'
import t from 'tap'
import { isWebhookSecret, newWebhookSecret, signWebhook } from '../../src/webhooks/index.ts'

const body = JSON.stringify({ type: 'notification.sent', data: { title: 'Tïtle 🔔' } })

t.test('signs so that the library of the specification verifies it', async (t) => {
  const secret = newWebhookSecret()
  const headers = signWebhook({ id: 'msg-1', body, secrets: [secret] }, Date.now())
  t.same(new Webhook(secret).verify(body, headers), JSON.parse(body))
  t.throws(() => new Webhook(newWebhookSecret()).verify(body, headers), 'with another secret')
  t.throws(() => new Webhook(secret).verify(`${body} `, headers), 'with another body')
  t.throws(() => new Webhook(secret).verify(body, { ...headers, 'webhook-id': 'msg-2' }), 'with another id')
  for (const ageMs of [301_000, -301_000]) {
    const other = signWebhook({ id: 'msg-1', body, secrets: [secret] }, Date.now() - ageMs)
    t.throws(() => new Webhook(secret).verify(body, other), { message: /timestamp/ }, 'at another time')
  }
})

t.test('signs with every secret, so that each of them verifies it', async (t) => {
  const secrets = [newWebhookSecret(), newWebhookSecret()]
  const headers = signWebhook({ id: 'msg-1', body, secrets }, Date.now())
  for (const secret of secrets) t.same(new Webhook(secret).verify(body, headers), JSON.parse(body))
})

t.test('signs like the library', async (t) => {
  const secret = newWebhookSecret()
  const now = new Date(Math.floor(Date.now() / 1_000) * 1_000)
  const { 'webhook-signature': signature } = signWebhook({ id: 'msg-1', body, secrets: [secret] }, now.getTime())
  t.equal(signature, new Webhook(secret).sign('msg-1', now, body))
})

t.test('knows its own secrets', async (t) => {
  t.ok(isWebhookSecret(newWebhookSecret()))
  for (const wrong of ['', 'whsec_', 'whsec_AAAA', `sec_${'A'.repeat(44)}`, `${newWebhookSecret()}!`]) t.notOk(isWebhookSecret(wrong), wrong)
})
