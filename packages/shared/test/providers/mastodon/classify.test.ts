import t from 'tap'
import { allowedLength, classify, isDeletedSince } from '../../../src/providers/mastodon/classify.ts'
import type { ClassifyRules } from '../../../src/providers/mastodon/classify.ts'

const now = Date.UTC(2026, 10, 21, 12, 0, 0)
const json = { 'content-type': 'application/json; charset=utf-8' }
const html = { 'content-type': 'text/html' }
const page = '<html><body>Do not quote me.</body></html>'
const error = (text: string): string => JSON.stringify({ error: text })
const post = { scope: 'write:statuses' }

const dead = { kind: 'unauthorized', reason: 'access token is not accepted' }
const foreign = { kind: 'transient', reason: 'refused by something in front of the API' }
const refused = { kind: 'rejected', reason: 'the server does not accept this post' }
const missing = { kind: 'missingPermission', reason: 'access token lacks write:statuses', missing: ['write:statuses'] }
const limited = (retryAt: number, scope = 'connection') => ({ kind: 'rateLimited', reason: 'too many requests', retryAt, scope })
const fiveMinutes = now + 300_000

const table: Array<[number, Record<string, string>, string, object, ClassifyRules?]> = [
  [200, json, '{"id":"1","uri":"https://a.example/1"}', { kind: 'ok', value: { id: '1', uri: 'https://a.example/1' } }],
  [200, json, '{}', { kind: 'malformed', reason: 'response lacks id' }],
  [200, json, '{"id":7}', { kind: 'malformed', reason: 'response lacks id' }],
  [200, html, page, { kind: 'transient', reason: 'a page responded instead of the API' }],
  [302, { location: 'https://evil.example/' }, '', { kind: 'transient', reason: 'redirects, which is not followed' }],

  [401, json, error('The access token is invalid'), dead],
  [401, json, error('The access token was revoked'), dead],
  [401, json, error('Unauthorized: token not found'), dead],
  [401, json, error('The access token is invalid'), { kind: 'expired', reason: 'access token is not accepted' }, { canRefresh: true }],
  [403, json, error('Invalid credentials.'), dead],
  [403, json, error('Invalid credentials.'), { kind: 'expired', reason: 'access token is not accepted' }, { canRefresh: true }],
  [401, html, page, foreign],
  [401, {}, '', foreign],

  [403, json, error('This action is outside the authorized scopes'), missing, post],
  [403, json, error('Insufficient permissions: write:statuses.'), missing, post],
  [403, json, error('Forbidden: token has insufficient scope permission'), missing, post],

  [403, json, error('Your login is currently disabled'), { kind: 'unauthorized', reason: 'the account cannot log in at its server now' }],
  [403, json, error('Your login is currently pending approval'), { kind: 'unauthorized', reason: 'the account cannot log in at its server now' }],
  [403, json, error('Your login is missing a confirmed e-mail address'), { kind: 'unauthorized', reason: 'the account cannot log in at its server now' }],
  [422, json, error('This method requires an authenticated user'), { kind: 'unauthorized', reason: 'access token is not that of a user' }],

  [403, json, error('This action is not allowed'), { kind: 'rejected', reason: 'the account may not do this' }],
  [403, json, error('Diese Aktion ist nicht erlaubt'), { kind: 'rejected', reason: 'the account may not do this' }],
  [403, html, page, foreign],
  [404, json, error('Record not found'), { kind: 'rejected', reason: 'not found' }],
  [404, html, page, foreign],
  [413, json, error('Payload too large'), refused],
  [422, json, error('Validation failed: Text can\'t be blank'), refused],
  [422, json, error('Validation failed: Text character limit of 500 exceeded'), refused],
  [400, json, error('Bad Request'), { kind: 'rejected', reason: 'request refused' }],

  [429, { 'x-ratelimit-reset': '2026-11-21T12:03:00.123456Z' }, error('Too many requests'), limited(now + 180_123)],
  [429, { 'x-ratelimit-reset': String(now / 1_000 + 60) }, error('rate limit reached'), limited(now + 60_000, 'host')],
  [429, { 'x-ratelimit-reset': '2026-11-21T11:00:00.000000Z' }, error('Too many requests'), limited(fiveMinutes)],
  [429, { 'x-ratelimit-reset': 'soon' }, error('Too many requests'), limited(fiveMinutes)],
  [429, { 'x-ratelimit-reset': '2026-11-21T15:00:00.000000Z' }, error('Too many requests'), limited(now + 3_600_000)],
  [429, { 'retry-after': '10' }, error('Throttled'), limited(now + 10_000)],
  [429, {}, error('Throttled'), limited(fiveMinutes)],
  [429, html, page, limited(fiveMinutes)],

  [418, json, error("I'm a teapot: no user-agent sent with request"), { kind: 'transient', reason: 'the server does not accept our User-Agent' }],
  [503, json, error('There was a temporary problem serving your request'), { kind: 'transient', reason: 'not available now' }],
  [503, { 'retry-after': '30' }, error('server capacity exceeded'),
    { kind: 'rateLimited', reason: 'not available for a while', retryAt: now + 30_000, scope: 'host' }],
  [500, html, page, { kind: 'transient', reason: 'not available now' }],
  [502, html, page, { kind: 'transient', reason: 'not available now' }],
  [410, json, error('Gone'), { kind: 'gone', reason: 'the account no longer exists at its server' }],
  [410, html, page, foreign]
]

for (const [status, headers, body, expected, rules] of table) {
  t.test(`classifies ${status} ${JSON.stringify(headers)} ${body}${rules === undefined ? '' : ` with ${JSON.stringify(rules)}`}`, async (t) => {
    const found = classify({ status, headers, body: Buffer.from(body) }, now, ['id'], rules)
    t.match(found, expected)
    t.notMatch(JSON.stringify(found), /quote me/)
  })
}

t.test('reads the limit of a server that refuses a long post', async (t) => {
  const read = (status: number, body: string) => allowedLength({ status, headers: {}, body: Buffer.from(body) })
  t.equal(read(422, error('Validation failed: Text character limit of 200 exceeded')), 200)
  t.equal(read(422, error('Validation failed: Text can\'t be blank')), undefined)
  t.equal(read(400, error('character limit of 200')), undefined)
  t.equal(read(422, page), undefined)
})

t.test('recognizes the response to the key of a deleted post', async (t) => {
  const read = (status: number, body: string) => isDeletedSince({ status, headers: {}, body: Buffer.from(body) })
  t.equal(read(404, error('Record not found')), true)
  t.equal(read(404, error('Not Found')), false)
  t.equal(read(404, page), false)
})
