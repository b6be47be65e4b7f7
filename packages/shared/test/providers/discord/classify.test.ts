import type { Failure, HttpResponse } from '@carillon/http'
import t from 'tap'
import type { Test } from 'tap'
import { classify, classifyRemoval } from '../../../src/providers/discord/classify.ts'
import type { Caller } from '../../../src/providers/discord/classify.ts'
import { classifyPost } from '../../../src/providers/discord/sender.ts'

const now = Date.UTC(2030, 0, 1)
const html = { 'content-type': 'text/html' }

type Row = [status: number, headers: Record<string, string>, body: unknown, expected: Failure['kind'] | 'ok' | object]

const envelope = (code: number, message = 'Refused', more: object = {}) => ({ message, code, ...more })
const limit = (seconds: number, more: object = {}) => ({ message: 'You are being rate limited.', retry_after: seconds, global: false, ...more })
const after = (seconds: number, scope: string) => ({ kind: 'rateLimited', retryAt: now + seconds * 1_000, scope })

/** What is the same for every caller: a status, headers, a body, and its meaning. */
const common: Row[] = [
  [200, {}, { id: '1' }, 'ok'],
  [200, {}, {}, 'malformed'],
  // Without `wait`, and when a message was not stored.
  [204, {}, '', 'malformed'],
  [200, html, '<html>Portal</html>', 'transient'],
  // Cloudflare blocks the IP address.
  [429, { ...html, 'retry-after': '120' }, '<html>error code: 1015</html>', after(120, 'app')],
  [429, html, 'error code: 1015', after(60, 'app')],
  [429, {}, { error: 'limited' }, after(60, 'app')],
  // Discord states the end with fractions, and in whole seconds.
  [429, { 'x-ratelimit-scope': 'user', 'retry-after': '2' }, limit(1.337), after(1.337, 'connection')],
  [429, { 'x-ratelimit-scope': 'user', 'retry-after': '2' }, { message: 'You are being rate limited.' }, after(2, 'connection')],
  // The bucket still has requests.
  [429, { 'x-ratelimit-scope': 'user', 'x-ratelimit-remaining': '3', 'x-ratelimit-reset-after': '1' }, limit(41.5), after(41.5, 'connection')],
  [404, {}, envelope(10015, 'Unknown Webhook'), { kind: 'gone', reason: /webhook.*\(10015\)/ }],
  [401, {}, envelope(50027, 'Invalid Webhook Token'), { kind: 'gone', reason: /\(50027\)/ }],
  [404, {}, envelope(50027, 'Invalid Webhook Token'), 'gone'],
  [404, {}, envelope(10003, 'Unknown Channel'), 'gone'],
  [403, {}, envelope(50007), { kind: 'gone', reason: /share a server.*allow direct messages \(50007\)/ }],
  [400, {}, envelope(50007), 'gone'],
  [403, {}, envelope(50278), 'gone'],
  [400, {}, envelope(50278), 'gone'],
  [404, {}, envelope(10013, 'Unknown User'), 'gone'],
  [403, {}, envelope(20016), after(60, 'connection')],
  [403, { 'retry-after': '7' }, envelope(20028), after(7, 'connection')],
  [400, {}, envelope(20029), after(60, 'connection')],
  [403, {}, envelope(50001, 'Missing Access'), 'gone'],
  [403, {}, envelope(50013, 'Missing Permissions'), 'gone'],
  [400, {}, envelope(50035, 'Invalid Form Body', { errors: { content: {} } }), { kind: 'rejected', reason: 'message refused (50035)' }],
  [400, {}, envelope(50006, 'Cannot send an empty message'), 'rejected'],
  [400, {}, envelope(50109), 'rejected'],
  [413, {}, envelope(40005, 'Request entity too large'), 'rejected'],
  [400, {}, envelope(50045), 'rejected'],
  ...[220001, 220002, 220003, 220004].map((code): Row => [400, {}, envelope(code), 'gone']),
  [403, {}, envelope(40333, 'internal network error'), 'misconfigured'],
  [403, { 'content-type': 'text/plain' }, 'error code: 1010', 'misconfigured'],
  [403, html, 'error code: 1020\n', 'misconfigured'],
  [403, html, '<html>error code: 1010</html>', 'transient'],
  [400, {}, envelope(200000), { kind: 'rejected', reason: /rule of the server/ }],
  [400, {}, envelope(240000), 'rejected'],
  [400, {}, envelope(130000), 'transient'],
  [503, {}, envelope(130000), 'transient'],
  [403, {}, envelope(40006), 'transient'],
  [400, {}, envelope(110001), 'transient'],
  [500, {}, envelope(0, '500: Internal Server Error'), 'transient'],
  [502, html, '<html>Bad Gateway</html>', 'transient'],
  // A code of next year concerns only this message.
  [400, {}, envelope(999_999), { kind: 'rejected', reason: 'message refused (999999)' }],
  // Not Discord's own errors.
  [404, {}, envelope(0, '404: Not Found'), 'transient'],
  [401, {}, { message: 'Unauthorized', code: 401 }, 'transient'],
  [403, {}, { message: 'Forbidden', code: 'forbidden' }, 'transient'],
  [404, {}, { code: 10015 }, 'transient']
]

for (const caller of ['webhook', 'bot', 'user'] as const) {
  t.test(`classifies the responses to a request of a ${caller}`, async (t) => {
    for (const [status, headers, body, expected] of common) expectKind(t, caller, [status, headers, body, expected])
  })
}

t.test('waits for a limit as far as it reaches', async (t) => {
  const global = { 'x-ratelimit-scope': 'global', 'x-ratelimit-global': 'true' }
  const shared = { 'x-ratelimit-scope': 'shared' }
  for (const [caller, globally, hidden, opening] of [
    // Discord counts webhooks by IP address, and the hidden limit by channel.
    ['webhook', 'app', 'host', 'connection'],
    // All direct messages have one token.
    ['bot', 'host', 'connection', 'host'],
    ['user', 'connection', 'connection', 'connection']
  ] as const) {
    expectKind(t, caller, [429, global, limit(3, { global: true }), after(3, globally)])
    expectKind(t, caller, [429, {}, limit(3, { global: true }), after(3, globally)])
    expectKind(t, caller, [429, { 'x-ratelimit-global': 'true' }, limit(3), after(3, globally)])
    expectKind(t, caller, [429, shared, limit(44.5), after(44.5, hidden)])
    expectKind(t, caller, [429, {}, limit(9, { code: 40003 }), after(9, opening)])
    expectKind(t, caller, [403, {}, envelope(40003), after(60, opening)])
  }
})

t.test('blames a refused token on whom it belongs to', async (t) => {
  for (const body of [envelope(0, '401: Unauthorized'), envelope(40001), envelope(50014), envelope(50025)]) {
    expectKind(t, 'bot', [401, {}, body, { kind: 'misconfigured', scope: 'host', reason: /DISCORD_BOT_TOKEN/ }])
    expectKind(t, 'user', [401, {}, body, 'unauthorized'])
    expectKind(t, 'webhook', [401, {}, body, 'unauthorized'])
  }
})

t.test('takes a message that was deleted since it was sent for sent, and notices that a conversation is unknown', async (t) => {
  t.same(classifyPost(responseOf(404, {}, envelope(10008)), now, 'key'), { kind: 'ok', value: { id: 'key' } })
  t.same(classifyPost(responseOf(404, {}, envelope(10003)), now, 'key'), { kind: 'ok', value: 'unknownChannel' })
  t.same(classifyPost(responseOf(200, {}, { id: '7', channel_id: '5' }), now, 'key'), { kind: 'ok', value: { id: '5/7' } })
  t.equal(classifyPost(responseOf(200, {}, { id: '7' }), now, 'key').kind, 'malformed')
})

t.test('counts a webhook that does not exist as removed', async (t) => {
  for (const [status, body] of [[204, ''], [404, envelope(10015)], [401, envelope(50027)]] as const) {
    t.same(classifyRemoval(responseOf(status, {}, body), now), { kind: 'ok', value: true })
  }
  t.equal(classifyRemoval(responseOf(500, {}, ''), now).kind, 'transient')
  t.equal(classifyRemoval(responseOf(404, html, '<html></html>'), now).kind, 'transient')
})

function expectKind (t: Test, caller: Caller, [status, headers, body, expected]: Row): void {
  const classified = classify(responseOf(status, headers, body), now, caller, ({ id }) => id)
  t.match(classified, typeof expected === 'string' ? { kind: expected } : expected, `${caller}: ${status} ${JSON.stringify(body)}`)
}

function responseOf (status: number, headers: Record<string, string>, body: unknown): HttpResponse {
  return { status, headers, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) }
}
