import t from 'tap'
import { classifyAuth, classifyPublished } from '../../../src/providers/ntfy/classify.ts'

const now = Date.UTC(2026, 10, 29, 12, 0, 0)
const refusal = (code: number) => ({ code, http: Number(String(code).slice(0, 3)), error: 'as ntfy words it', link: 'https://ntfy.sh/docs' })
const html = '<html><body>Not found</body></html>'

/** Status, body, and what it means; for a connection without a token. */
const rows: Array<[number, unknown, object]> = [
  [200, { id: 'hwQ2YpKdmg', time: 1, event: 'message', topic: 'alerts', message: 'x' }, { kind: 'ok', value: { id: 'hwQ2YpKdmg' } }],
  [200, { id: 'hwQ2YpKdmg', event: 'open' }, { kind: 'malformed' }],
  [401, refusal(40101), { kind: 'unauthorized', reason: /not accepted/ }],
  [403, refusal(40301), { kind: 'unauthorized', reason: /requires an access token/ }],
  [404, refusal(40401), { kind: 'transient' }],
  [404, html, { kind: 'transient' }],
  [405, html, { kind: 'transient' }],
  ...[40007, 40009, 40010, 40011, 40013, 40017, 40018, 40021, 40024, 40001, 40032]
    .map((code): [number, unknown, object] => [400, refusal(code), { kind: 'rejected', reason: `request refused (${code})` }]),
  [413, refusal(41301), { kind: 'rejected', reason: /too large/ }],
  [413, refusal(41303), { kind: 'rejected', reason: /too large/ }],
  [429, refusal(42901), { kind: 'rateLimited', retryAt: now + 60_000, scope: 'host' }],
  [429, refusal(42908), { kind: 'quota' }],
  [429, refusal(42905), { kind: 'quota' }],
  [429, refusal(42909), { kind: 'rateLimited', retryAt: now + 1_800_000, scope: 'host' }],
  [429, refusal(42904), { kind: 'transient' }],
  [429, html, { kind: 'rateLimited', retryAt: now + 60_000 }],
  [507, refusal(50701), { kind: 'transient' }],
  [500, refusal(50001), { kind: 'transient' }],
  [502, html, { kind: 'transient' }],
  // Errors of others, in JSON.
  [401, { code: 40101, error: 'no http' }, { kind: 'transient' }],
  [403, { code: 40301, http: 401 }, { kind: 'transient' }],
  [400, { code: 12, http: 400 }, { kind: 'transient' }]
]

for (const [status, body, expected] of rows) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  t.test(`classifies ${status} ${text.slice(0, 40)}`, async (t) => {
    t.match(classifyPublished({ status, headers: {}, body: Buffer.from(text) }, now), expected)
  })
}

t.test('obeys the Retry-After of a proxy', async (t) => {
  const response = { status: 429, headers: { 'retry-after': '7' }, body: Buffer.from(JSON.stringify(refusal(42901))) }
  t.match(classifyPublished(response, now), { kind: 'rateLimited', retryAt: now + 7_000 })
})

t.test('counts requests with a token for the account, and names a token that lacks a permission', async (t) => {
  const classify = (code: number) => classifyPublished({
    status: Number(String(code).slice(0, 3)), headers: {}, body: Buffer.from(JSON.stringify(refusal(code)))
  }, now, true)
  t.match(classify(42901), { kind: 'rateLimited', scope: 'connection' })
  t.match(classify(40301), { kind: 'unauthorized', reason: /may not publish/ })
})

t.test('does not give up a topic that we may not read', async (t) => {
  const classify = (status: number, body: object) =>
    classifyAuth({ status, headers: {}, body: Buffer.from(JSON.stringify(body)) }, now)
  t.match(classify(200, { success: true }), { kind: 'ok' })
  t.match(classify(403, refusal(40301)), { kind: 'ok' })
  t.match(classify(401, refusal(40101)), { kind: 'unauthorized' })
  t.match(classify(200, {}), { kind: 'malformed' })
})
