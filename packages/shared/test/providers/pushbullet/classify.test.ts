import t from 'tap'
import { classify } from '../../../src/providers/pushbullet/pushbullet.ts'

const now = Date.UTC(2026, 10, 21, 12, 0, 0)
const seconds = now / 1_000

function envelope (code: string, more: object = {}): string {
  const error = { code, type: 'invalid_request', message: 'Do not quote me.', cat: '(=^･ω･^)y＝', ...more }
  return JSON.stringify({ error, error_code: code })
}

const json = { 'content-type': 'application/json; charset=utf-8' }
const html = { 'content-type': 'text/html' }
const page = '<html><body>Do not quote me.</body></html>'
const text = { 'content-type': 'text/plain' }
const limited = envelope('ratelimited')

const foreign = { kind: 'transient', reason: 'refused by something in front of the API' }
const redirects = { kind: 'transient', reason: 'redirects, which is not followed' }
const byPage = { kind: 'transient', reason: 'a page responded instead of the API' }
const senseless = { kind: 'malformed', reason: 'response is not what was requested' }

const table: Array<[number, Record<string, string>, string, object]> = [
  [200, json, '{"iden":"abc","extra":[1]}', { kind: 'ok', value: { iden: 'abc', extra: [1] } }],
  [200, {}, '{"iden":"abc"}', { kind: 'ok', value: { iden: 'abc' } }],
  [201, json, '{"iden":"abc"}', { kind: 'ok', value: { iden: 'abc' } }],

  [200, json, '{}', { kind: 'malformed', reason: 'response lacks iden' }],
  [200, json, '{"iden":""}', { kind: 'malformed', reason: 'response lacks iden' }],
  [200, json, '{"iden":7}', { kind: 'malformed', reason: 'response lacks iden' }],
  [200, html, page, byPage],
  [200, json, '', senseless],
  [200, json, '{"iden":"ab', senseless],
  [200, json, '["iden"]', senseless],
  [200, json, 'null', senseless],
  [204, {}, '', senseless],

  [301, { location: 'https://evil.example/' }, '', redirects],
  [302, json, '{"iden":"abc"}', redirects],
  [304, {}, '', redirects],

  [401, json, envelope('invalid_access_token'), { kind: 'unauthorized', reason: 'access token is not accepted' }],
  [401, json, envelope(''), { kind: 'unauthorized', reason: 'access token is not accepted' }],
  [401, {}, '', foreign],
  [401, html, page, foreign],
  [401, json, '{"message":"Unauthorized"}', foreign],
  [400, json, envelope('invalid_access_token'), { kind: 'unauthorized', reason: 'access token is not accepted' }],
  [403, json, envelope(''), { kind: 'unauthorized', reason: 'access token lacks permission' }],
  [403, {}, '', foreign],
  [403, text, 'Do not quote me.', foreign],
  [403, { 'content-type': 'text/html; charset=UTF-8' }, page, foreign],
  [403, json, '{"error":{"code":403,"message":"Do not quote me.","status":"PERMISSION_DENIED"}}', foreign],

  [400, json, envelope('pushbullet_pro_required'), { kind: 'quota', reason: 'free monthly quota is used up (pushbullet_pro_required)' }],
  [400, json, '{"error_code":"pushbullet_pro_required"}', { kind: 'quota', reason: 'free monthly quota is used up (pushbullet_pro_required)' }],

  [400, json, envelope('invalid_param', { param: 'url' }), { kind: 'rejected', reason: 'parameter url refused' }],
  [400, json, envelope('invalid_param', { param: 'o.secret' }), { kind: 'rejected', reason: 'request refused' }],
  [400, json, envelope('something_new'), { kind: 'rejected', reason: 'request refused' }],
  [400, json, '{"error":"text"}', foreign],
  [400, html, page, foreign],
  [404, json, envelope('not_found'), { kind: 'rejected', reason: 'resource not found' }],
  [404, html, page, foreign],
  [405, {}, '', foreign],
  [413, json, envelope(''), { kind: 'rejected', reason: 'request refused' }],
  [413, html, page, foreign],
  [451, html, page, foreign],

  [408, {}, '', { kind: 'transient', reason: 'not available now' }],
  [500, json, envelope('', { type: 'server' }), { kind: 'transient', reason: 'not available now' }],
  [502, html, page, { kind: 'transient', reason: 'not available now' }],
  [503, {}, '', { kind: 'transient', reason: 'not available now' }],
  [503, { 'retry-after': '90' }, '', { kind: 'rateLimited', reason: 'not available for a while', retryAt: now + 90_000 }],
  [511, html, page, { kind: 'transient', reason: 'not available now' }],
  [500, json, envelope('invalid_access_token'), { kind: 'transient', reason: 'not available now' }],

  [429, { 'x-ratelimit-reset': `${seconds + 90}` }, limited, waitUntil(now + 90_000)],
  [429, { 'x-ratelimit-reset': `${seconds + 90}` }, page, waitUntil(now + 90_000)],
  [400, { 'x-ratelimit-reset': `${seconds + 90}` }, limited, waitUntil(now + 90_000)],
  [429, { 'x-ratelimit-reset': `${seconds - 90}` }, limited, waitUntil(now + 30_000)],
  [429, { 'x-ratelimit-reset': `${seconds}` }, limited, waitUntil(now + 30_000)],
  [429, { 'x-ratelimit-reset': 'soon' }, limited, waitUntil(now + 30_000)],
  [429, {}, limited, waitUntil(now + 30_000)],
  [429, { 'x-ratelimit-reset': `${seconds + 40_000_000}` }, limited, waitUntil(now + 3_600_000)],
  [429, { 'x-ratelimit-reset': `${now + 90_000}` }, limited, waitUntil(now + 3_600_000)],
  [429, { 'retry-after': '12', 'x-ratelimit-reset': `${seconds + 90}` }, limited, waitUntil(now + 12_000)],
  [429, { 'retry-after': 'Sat, 21 Nov 2026 12:00:12 GMT' }, limited, waitUntil(now + 12_000)],
  [429, { 'retry-after': '0', 'x-ratelimit-reset': `${seconds + 90}` }, limited, waitUntil(now + 90_000)]
]

function waitUntil (retryAt: number) {
  return { kind: 'rateLimited', reason: 'too many requests for this account', retryAt }
}

t.test('classifies responses of Pushbullet', async (t) => {
  for (const [status, headers, text, failure] of table) {
    t.strictSame(classify({ status, headers, body: Buffer.from(text) }, now, ['iden']), failure, `${status} ${JSON.stringify(headers)} ${text}`)
  }
})

t.test('requires every member that the caller needs', async (t) => {
  const answer = { status: 200, headers: {}, body: Buffer.from('{"file_name":"a","file_url":"b"}') }
  t.same(classify(answer, now, ['file_name', 'file_url']), { kind: 'ok', value: { file_name: 'a', file_url: 'b' } })
  t.same(classify(answer, now, ['file_name', 'upload_url']), { kind: 'malformed', reason: 'response lacks upload_url' })
})

t.test('quotes no text of the response', async (t) => {
  for (const [status, headers] of table) {
    const hostile = envelope('Do not quote me.', { param: 'Do not quote me.' })
    t.notMatch(JSON.stringify(classify({ status, headers, body: Buffer.from(hostile) }, now, ['iden'])), /quote/)
  }
})
