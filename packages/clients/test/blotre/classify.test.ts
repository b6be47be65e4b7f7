import t from 'tap'
import { classify, classifyToken } from '../../src/blotre/classify.ts'
import { readStatus } from '../../src/blotre/objects.ts'

const now = Date.UTC(2026, 10, 21, 12, 0, 0)
const json = { 'content-type': 'application/json; charset=utf-8' }
const html = { 'content-type': 'text/html; charset=utf-8' }
const page = '<html><body>Do not quote me.</body></html>'
const challenge = { ...json, 'www-authenticate': 'Bearer error="invalid_token" error_description="Access token is expired"' }

const status = { color: '#00ff00', created: 1, poster: 'p' }
const foreign = { kind: 'transient', reason: 'refused by something in front of the API' }
const byPage = { kind: 'transient', reason: 'a page responded instead of the API' }
const senseless = { kind: 'malformed', reason: 'response is not what was requested' }
const redirects = { kind: 'transient', reason: 'redirects, which is not followed' }
const busy = { kind: 'transient', reason: 'not available now' }
const expired = { kind: 'expired', reason: 'access token is expired' }
const dead = { kind: 'unauthorized', reason: 'access token is not accepted' }

type Row = [number, Record<string, string>, string, object]

const table: Row[] = [
  [200, json, JSON.stringify(status), { kind: 'ok', value: status }],
  [201, json, JSON.stringify({ ...status, extra: [1] }), { kind: 'ok', value: { ...status, extra: [1] } }],
  [200, {}, JSON.stringify({ ...status, poster: null }), { kind: 'ok', value: { ...status, poster: null } }],

  [200, json, '{}', senseless],
  [200, json, '[]', senseless],
  [200, json, 'null', senseless],
  [200, json, '{"color":"","created":1}', senseless],
  [200, json, '{"color":"#00ff00","created":"1"}', senseless],
  [200, json, '{"color":"#00ff0', senseless],
  [200, json, '', senseless],
  [200, html, page, byPage],
  [202, json, JSON.stringify(status), { kind: 'malformed', reason: 'unexpected success' }],
  [204, {}, '', { kind: 'malformed', reason: 'unexpected success' }],
  [301, { location: 'https://evil.example/' }, '', redirects],
  [303, json, JSON.stringify(status), redirects],

  [401, challenge, error('Access token is expired.'), expired],
  [401, { 'www-authenticate': 'Bearer realm="x", error="invalid_token"' }, error('Access token is expired.'), expired],
  [401, { 'www-authenticate': 'Bearer realm="x", error="invalid_token"' }, '', foreign],
  [401, json, error('Action requires authorization.'), dead],
  [401, json, error('Access token is expired.'), dead],
  [401, { 'www-authenticate': 'Bearer' }, '', foreign],
  [401, {}, '', foreign],
  [401, json, '{"error":"Unauthorized"}', foreign],
  [401, { ...html, 'www-authenticate': 'Basic realm="proxy"' }, page, foreign],

  [401, json, error('User does not have permission to edit stream.'), { kind: 'rejected', reason: 'User does not have permission to edit stream' }],
  [401, json, error('User does not have permission to add tags.'), { kind: 'rejected', reason: 'User does not have permission to add tags' }],
  [401, json, error('User does not have permission to add child.'), { kind: 'rejected', reason: 'User does not have permission to add child' }],
  [401, json, error('User does not have permission to delete stream.'), { kind: 'rejected', reason: 'User does not have permission to delete stream' }],
  [401, json, error('User does not have permission to quote me.'), { kind: 'rejected', reason: 'user does not have permission' }],
  [404, json, error('User does not have permission to edit stream.'), { kind: 'rejected', reason: 'User does not have permission to edit stream' }],

  [404, json, error('Stream does not exist.'), { kind: 'rejected', reason: 'Stream does not exist' }],
  [404, json, error('Do not quote me.'), { kind: 'rejected', reason: 'resource not found' }],
  [404, {}, '', foreign],
  [404, html, page, foreign],

  [422, json, error('Stream name and uri do not match.'), { kind: 'rejected', reason: 'Stream name and uri do not match' }],
  [422, json, error('Too many tags.'), { kind: 'rejected', reason: 'Too many tags' }],
  [422, json, error("I'm my own grandpa."), { kind: 'rejected', reason: "I'm my own grandpa" }],
  [422, json, error('Too many children.'), { kind: 'quota', reason: 'Too many children' }],
  [422, json, error('Too many streams for user.'), { kind: 'quota', reason: 'Too many streams for user' }],
  [422, json, error('Could not process request.', { 'obj[0].tag': [{ msg: ['Do not quote me.'], args: [] }] }), { kind: 'rejected', reason: 'parameter tag refused' }],
  [422, json, error('Do not quote me.'), { kind: 'rejected', reason: 'request not acceptable' }],
  [422, {}, '', foreign],

  [400, json, error('Could not process request', { 'obj.color': [{ msg: ['Do not quote me.'], args: [] }] }), { kind: 'rejected', reason: 'parameter color refused' }],
  [400, json, error('Could not process request', { 'Do not quote me.': [] }), { kind: 'rejected', reason: 'request could not be processed' }],
  [400, json, error('Could not process request'), { kind: 'rejected', reason: 'request could not be processed' }],
  [400, {}, '', foreign],
  [400, html, page, foreign],
  [403, html, page, foreign],
  [403, {}, '', foreign],
  [403, { 'content-type': 'text/plain' }, 'Do not quote me.', foreign],
  [413, {}, '', foreign],
  [451, html, page, foreign],

  [408, {}, '', busy],
  [425, {}, '', busy],
  [500, json, error('An internal server error occurred.'), busy],
  [500, challenge, error('Access token is expired.'), busy],
  [502, html, page, busy],
  [503, {}, '', busy],
  [429, { 'retry-after': '12' }, '', { kind: 'rateLimited', reason: 'too many requests', retryAt: now + 12_000 }],
  [429, html, page, { kind: 'rateLimited', reason: 'too many requests', retryAt: now + 30_000 }]
]

const token = { access_token: 'a', token_type: 'bearer', expires_in: 7200, refresh_token: 'r', user: { id: 'u', userName: 'Ann', rootStream: 's' } }
const refused = { kind: 'unauthorized', reason: 'grant is not accepted (invalid_grant)' }
const goneClient = 'client is not accepted, or the user is gone (invalid_client)'

const tokenTable: Row[] = [
  [200, json, JSON.stringify(token), { kind: 'ok', value: token }],
  [200, json, '{"access_token":"a"}', { kind: 'ok', value: { access_token: 'a' } }],
  [200, json, '{"access_token":""}', senseless],
  [200, json, '{"access_token":"a","expires_in":"7200"}', { kind: 'ok', value: { access_token: 'a', expires_in: 7200 } }],
  [200, json, '{"access_token":"a","user":{"id":7}}', { kind: 'ok', value: { access_token: 'a' } }],
  [203, json, '{"access_token":"a"}', { kind: 'ok', value: { access_token: 'a' } }],
  [200, html, page, byPage],
  [302, {}, '', redirects],
  [400, json, '{"error":"invalid_grant","error_description":""}', refused],
  [401, json, '{"error":"invalid_grant"}', refused],
  [400, json, '{"error":"unsupported_grant_type","error_description":""}', { kind: 'rejected', reason: 'token endpoint refused the request' }],
  [400, json, '{"error":"Do not quote me."}', foreign],
  [403, json, '{"error":"Forbidden"}', foreign],
  [400, {}, '', foreign],
  [400, html, page, foreign],
  [404, html, page, foreign],
  [415, html, page, foreign],
  [500, json, '{"error":"invalid_grant"}', busy],
  [503, html, page, busy],
  [503, { 'retry-after': '60' }, page, { kind: 'rateLimited', reason: 'not available for a while', retryAt: now + 60_000 }],
  [429, {}, '', { kind: 'rateLimited', reason: 'too many requests', retryAt: now + 30_000 }]
]

t.test('classifies responses of the REST API', async (t) => {
  for (const [status, headers, text, failure] of table) {
    t.strictSame(classify({ status, headers, body: Buffer.from(text) }, now, readStatus), failure, `${status} ${JSON.stringify(headers)} ${text}`)
  }
})

t.test('classifies responses of the token endpoint', async (t) => {
  for (const [status, headers, text, failure] of tokenTable) {
    for (const client of ['own', 'shared'] as const) {
      t.strictSame(classifyToken({ status, headers, body: Buffer.from(text) }, now, client), failure, `${status} ${text} ${client}`)
    }
  }
})

t.test('does not require a reconnect for an error in our configuration', async (t) => {
  for (const status of [400, 401]) {
    const answer = { status, headers: json, body: Buffer.from('{"error":"invalid_client","error_description":""}') }
    t.same(classifyToken(answer, now, 'shared'), { kind: 'transient', reason: goneClient })
    t.same(classifyToken(answer, now, 'own'), { kind: 'unauthorized', reason: goneClient })
  }
})

t.test('quotes no unknown text of the response', async (t) => {
  for (const [status, headers, text] of [...table, ...tokenTable]) {
    const answer = { status, headers, body: Buffer.from(text) }
    if (status >= 400) {
      t.notMatch(JSON.stringify([classify(answer, now, readStatus), classifyToken(answer, now, 'own')]), /quote/)
    }
  }
})

function error (text: string, details: object | null = null): string {
  return JSON.stringify({ type: 'Error', error: text, details })
}
