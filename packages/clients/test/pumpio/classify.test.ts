import t from 'tap'
import { classify, classifyToken, refusalOf } from '../../src/pumpio/classify.ts'

const now = Date.UTC(2026, 10, 21, 12, 0, 0)

const json = { 'content-type': 'application/json; charset=utf-8' }
const text = { 'content-type': 'text/plain', 'www-authenticate': 'OAuth realm="OAuth"' }
const html = { 'content-type': 'text/html; charset=utf-8' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const page = '<html><body>Do not quote me.</body></html>'
const express = '<!DOCTYPE html><html><body><pre>Error: Already posted<br> &nbsp; at postExisting</pre></body></html>'
const quoted = '{"error":"Do not quote me."}'

const cannotAnswer = { kind: 'transient', reason: 'not available now' }
const redirects = { kind: 'transient', reason: 'redirects, which is not followed' }
const notJson = { kind: 'malformed', reason: 'response is not what was requested' }
const byPage = { kind: 'transient', reason: 'a page responded instead of the API' }
const foreign = { kind: 'transient', reason: 'refused by something in front of the API' }
const deadToken = { kind: 'unauthorized', reason: 'token is not accepted' }
const lostClient = { kind: 'unauthorized', reason: 'the host does not know the client of this token' }
const wrongSignature = { kind: 'unauthorized', reason: 'signature is not accepted' }
const otherAccount = { kind: 'unauthorized', reason: 'token is not that of this account' }
const refused = { kind: 'rejected', reason: 'request refused' }

type Table = Array<[number, Record<string, string>, string, object]>

const table: Table = [
  [200, json, '{"id":"urn:uuid:1","verb":"post","extra":[1]}', { kind: 'ok', value: { id: 'urn:uuid:1', verb: 'post', extra: [1] } }],
  [200, {}, '{"id":"a"}', { kind: 'ok', value: { id: 'a' } }],

  [200, json, '{}', { kind: 'malformed', reason: 'response lacks id' }],
  [200, json, '{"id":""}', { kind: 'malformed', reason: 'response lacks id' }],
  [200, json, '{"id":7}', { kind: 'malformed', reason: 'response lacks id' }],
  [200, html, page, byPage],
  [200, json, '', notJson],
  [200, json, '{"id":"a', notJson],
  [200, json, '"Deleted"', notJson],
  [200, json, '[{"id":"a"}]', notJson],
  [204, {}, '', notJson],
  [200, { 'content-type': 'application/activity+json' }, '{"@context":"https://www.w3.org/ns/activitystreams","type":"Create","id":"a"}',
    { kind: 'malformed', reason: 'response is ActivityStreams 2' }],
  [200, json, '{"@context":"x","objectType":"note","id":"a"}', { kind: 'ok', value: { '@context': 'x', objectType: 'note', id: 'a' } }],

  [301, { location: 'https://evil.example/' }, '', redirects],
  [302, { ...html, location: '/api/user/alice/profile' }, page, redirects],
  [303, json, '{"id":"a"}', redirects],
  [304, {}, '', redirects],

  [400, text, 'Invalid / expired Token', deadToken],
  [400, {}, 'Invalid / expired Token\n', deadToken],
  [400, text, 'invalid / expired token', deadToken],
  [401, text, 'Invalid / expired Token', deadToken],
  [400, text, 'Invalid Consumer Key', lostClient],
  [401, text, 'Invalid / used nonce', lostClient],
  [400, text, 'Invalid signature', wrongSignature],
  [401, text, 'Invalid signature', wrongSignature],
  [400, text, 'Missing required parameter', { kind: 'malformed', reason: 'authorization did not reach the host' }],
  [400, text, 'Invalid Signature Method', refused],
  [400, text, 'internal error', refused],
  [500, text, 'Invalid / expired Token', cannotAnswer],
  [200, text, 'Invalid / expired Token', notJson],
  [403, text, 'Invalid / expired Token', foreign],
  [400, html, `<p>Invalid / expired Token</p>${page}`, foreign],
  [400, text, `Invalid / expired Token${' '.repeat(100)}`, foreign],

  [401, json, '{"error":"Not logged in."}', otherAccount],
  [401, json, '{"error":"Not authorized"}', otherAccount],
  [401, json, '{"error":"Authentication required"}', otherAccount],
  [401, {}, '', foreign],
  [401, json, '{"message":"Do not quote me."}', foreign],
  [401, html, page, foreign],
  [403, json, quoted, { kind: 'rejected', reason: 'account may not do this' }],
  [403, html, page, foreign],
  [403, {}, '', foreign],
  [403, text, 'Do not quote me.', foreign],
  [403, { 'content-type': 'application/xhtml+xml' }, page, foreign],

  [400, json, quoted, refused],
  [400, json, '{"error":"Looks like spam"}', refused],
  [400, html, page, foreign],
  [404, json, quoted, { kind: 'rejected', reason: 'not found' }],
  [404, html, page, foreign],
  [451, html, page, foreign],
  [410, json, '{"error":"Deleted"}', { kind: 'rejected', reason: 'deleted' }],
  [410, html, page, foreign],
  [406, html, 'Not acceptable', foreign],
  [413, html, page, foreign],

  [408, {}, '', cannotAnswer],
  [425, {}, '', cannotAnswer],
  [500, html, express, cannotAnswer],
  [500, json, quoted, cannotAnswer],
  [502, html, page, cannotAnswer],
  [503, html, page, cannotAnswer],
  [503, { ...html, 'retry-after': '7' }, page, { kind: 'rateLimited', reason: 'not available for a while', retryAt: now + 7_000, scope: 'host' }],

  [429, {}, page, waitUntil(now + 30_000)],
  [429, { 'retry-after': '12' }, page, waitUntil(now + 12_000)],
  [429, { 'retry-after': 'Sat, 21 Nov 2026 12:00:12 GMT' }, '', waitUntil(now + 12_000)],
  [429, { 'retry-after': '99999999' }, '', waitUntil(now + 3_600_000)]
]

const tooLate = { kind: 'rejected', reason: 'not authorized at the host, used already, or too late' }
const unknownClient = { kind: 'rejected', reason: 'the host does not know this client any more' }
const noToken = { kind: 'malformed', reason: 'response lacks a usable token' }

const tokenTable: Table = [
  [200, form, 'oauth_token=t-_1&oauth_token_secret=s2&oauth_callback_confirmed=true', { kind: 'ok', value: { token: 't-_1', secret: 's2', confirmed: true } }],
  [200, form, 'oauth_token=t&oauth_token_secret=s', { kind: 'ok', value: { token: 't', secret: 's', confirmed: false } }],
  [200, html, 'oauth_token=t&oauth_token_secret=s', { kind: 'ok', value: { token: 't', secret: 's', confirmed: false } }],
  [200, form, 'oauth_token=t', noToken],
  [200, form, 'oauth_token=&oauth_token_secret=s', noToken],
  [200, form, 'oauth_token=a%0D%0Ab&oauth_token_secret=s', noToken],
  [200, html, page, byPage],
  [200, json, '{"oauth_token":"t","oauth_token_secret":"s"}', noToken],
  [200, {}, '', noToken],
  [400, text, 'Invalid / expired Token', tooLate],
  [401, text, 'Invalid / expired Token', tooLate],
  [400, text, 'Invalid Consumer Key', unknownClient],
  [401, text, 'Invalid signature', { kind: 'malformed', reason: 'the host refuses the request (signature)' }],
  [400, text, 'Missing required parameter', { kind: 'malformed', reason: 'the host refuses the request (parameter)' }],
  [400, text, 'internal error', refused],
  [400, json, quoted, refused],
  [403, text, 'Do not quote me.', foreign],
  [404, html, page, foreign],
  [302, { location: '/' }, '', redirects],
  [429, {}, '', waitUntil(now + 30_000)],
  [500, html, page, cannotAnswer]
]

function waitUntil (retryAt: number) {
  return { kind: 'rateLimited', reason: 'too many requests for this host', retryAt, scope: 'host' }
}

t.test("classifies responses of pump.io's API", async (t) => {
  for (const [status, headers, body, failure] of table) {
    t.strictSame(classify({ status, headers, body: Buffer.from(body) }, now, ['id']), failure, `${status} ${JSON.stringify(headers)} ${body}`)
  }
})

t.test('classifies responses of the token endpoints', async (t) => {
  for (const [status, headers, body, failure] of tokenTable) {
    t.strictSame(classifyToken({ status, headers, body: Buffer.from(body) }, now), failure, `${status} ${body}`)
  }
})

t.test('requires every member that the caller needs', async (t) => {
  const answer = { status: 200, headers: {}, body: Buffer.from('{"id":"a","objectType":"image"}') }
  t.same(classify(answer, now, ['id', 'objectType']), { kind: 'ok', value: { id: 'a', objectType: 'image' } })
  t.same(classify(answer, now, ['id', 'verb']), { kind: 'malformed', reason: 'response lacks verb' })
})

t.test('quotes no text of the response', async (t) => {
  for (const [status, headers] of [...table, ...tokenTable].filter(([status]) => status >= 300)) {
    for (const body of [Buffer.from(quoted), Buffer.from('Do not quote me.'), Buffer.from(page)]) {
      t.notMatch(JSON.stringify(classify({ status, headers, body }, now, ['id'])), /quote/)
      t.notMatch(JSON.stringify(classifyToken({ status, headers, body }, now)), /quote/)
    }
  }
})

t.test('detects a refusal only in responses of the OAuth layer', async (t) => {
  const body = Buffer.from('Invalid / used nonce')
  t.equal(refusalOf({ status: 401, body }), 'nonce')
  t.equal(refusalOf({ status: 403, body }), undefined)
  t.equal(refusalOf({ status: 400, body: Buffer.from('constructor') }), undefined)
  t.equal(refusalOf({ status: 400, body: Buffer.from('__proto__') }), undefined)
})
