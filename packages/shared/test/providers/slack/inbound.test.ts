import { createHmac } from 'node:crypto'
import t from 'tap'
import { createInboundReader } from '../../../src/providers/slack/inbound.ts'

const secret = 's3cret'
const now = 1_700_000_000_000
const unauthorized = { name: 'ProviderError', failure: { kind: 'unauthorized' } }
const reader = createInboundReader(secret, 'slack.com')

t.test('accepts the signature of a known example', async (t) => {
  const body = Buffer.from('{"type":"event_callback"}')
  const signature = 'v0=86b7f6b0f9d8eaea346e0d6d46c4afa2c064592b12dece92be4dc33567057a94'
  const headers = { 'x-slack-request-timestamp': '1700000000', 'x-slack-signature': signature }
  t.match(reader.read({ headers, query: new URLSearchParams(), body }, now), { events: [] })
  for (const [other, what] of [
    [{ ...headers, 'x-slack-signature': signature.replace('86', '87') }, 'another signature'],
    [{ ...headers, 'x-slack-signature': signature.slice(3) }, 'a signature without its version'],
    [{ ...headers, 'x-slack-signature': undefined }, 'no signature'],
    [{ ...headers, 'x-slack-request-timestamp': '1700000001' }, 'another time'],
    [{ ...headers, 'x-slack-request-timestamp': undefined }, 'no time']
  ] as const) t.throws(() => reader.read({ headers: other, query: new URLSearchParams(), body }, now), unauthorized, what)
  t.throws(() => reader.read({ headers, query: new URLSearchParams(), body: Buffer.concat([body, Buffer.from(' ')]) }, now), unauthorized, 'another body')
})

t.test('refuses a request that was signed more than five minutes ago, or will be', async (t) => {
  for (const seconds of [-301, 301]) t.throws(() => read({ type: 'event_callback' }, seconds), unauthorized)
  for (const seconds of [-299, 299]) t.match(read({ type: 'event_callback' }, seconds), { events: [] })
})

t.test('refuses a signed body that is not JSON', async (t) => {
  const body = Buffer.from('payload=')
  const signature = createHmac('sha256', secret).update('v0:1700000000:payload=').digest('hex')
  const headers = { 'x-slack-request-timestamp': '1700000000', 'x-slack-signature': `v0=${signature}` }
  t.throws(() => reader.read({ headers, query: new URLSearchParams(), body }, now), { name: 'ProviderError', failure: { kind: 'rejected' } })
})

t.test('confirms its address with the challenge', async (t) => {
  const { events, respond } = read({ type: 'url_verification', challenge: 'abc', token: 'deprecated' })
  t.same(events, [])
  t.same(respond?.({ code: '', url: '' }), { body: { challenge: 'abc' } })
})

t.test('ends a grant when the app was removed, and when its token was revoked', async (t) => {
  const ended = { kind: 'grantRevoked', key: 'A1/T1', issuedAt: new Date(1_699_999_999_000) }
  t.same(readEvents({ type: 'app_uninstalled' }), [{ ...ended, reason: 'the app was removed from the workspace' }])
  t.same(readEvents({ type: 'tokens_revoked', tokens: { bot: ['U1'] } }), [{ ...ended, reason: 'the access token was revoked' }])
  t.same(readEvents({ type: 'tokens_revoked', tokens: { bot: ['U1'], oauth: ['U2'] } }), [{ ...ended, reason: 'the access token was revoked' }])
})

t.test('ignores the tokens of people, and every other event', async (t) => {
  for (const event of [
    { type: 'tokens_revoked', tokens: { oauth: ['U1'] } }, { type: 'tokens_revoked', tokens: { oauth: ['U1'], bot: [] } },
    { type: 'tokens_revoked', tokens: { bot: 'U1' } }, { type: 'tokens_revoked' }, { type: 'app_home_opened' }, {}, null, 'app_uninstalled'
  ]) t.same(readEvents(event), [], JSON.stringify(event))
})

t.test('finds the organization of an installation for all its workspaces', async (t) => {
  const all = { authorizations: [{ enterprise_id: 'E1', team_id: 'T1', is_enterprise_install: true }] }
  t.match(readEvents({ type: 'app_uninstalled' }, { enterprise_id: 'E1', ...all }), [{ key: 'A1/E1' }])
  t.match(readEvents({ type: 'app_uninstalled' }, { enterprise_id: 'E1', authorizations: [{ is_enterprise_install: false }] }), [{ key: 'A1/T1' }])
  t.match(readEvents({ type: 'app_uninstalled' }, { enterprise_id: 'E1', team_id: null }), [{ key: 'A1/E1' }])
})

t.test('has the id of the event, so a repeated one is handled once', async (t) => {
  t.equal(read(envelope({ type: 'app_uninstalled' })).id, 'Ev1')
  t.same(read({ ...envelope({ type: 'app_uninstalled' }), event_id: undefined }).events, [], 'not without an id')
  for (const broken of [{ api_app_id: 7 }, { team_id: undefined }, { event_time: 'now' }]) {
    t.same(readEvents({ type: 'app_uninstalled' }, broken), [], JSON.stringify(broken))
  }
})

function envelope (event: unknown): Record<string, unknown> {
  return { type: 'event_callback', team_id: 'T1', api_app_id: 'A1', event_id: 'Ev1', event_time: 1_699_999_999, event }
}

function readEvents (event: unknown, more: object = {}) {
  return read({ ...envelope(event), ...more }).events
}

function read (content: object, signedSecondsFromNow = 0) {
  const body = Buffer.from(JSON.stringify(content))
  const timestamp = String(now / 1_000 + signedSecondsFromNow)
  const signature = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')
  const message = reader.read({ headers: { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${signature}` }, query: new URLSearchParams(), body }, now)
  if (message instanceof Promise) throw new TypeError('the reader responds at once')
  return message
}
