import t from 'tap'
import { classify } from '../../../src/providers/webpush/classify.ts'

const now = Date.UTC(2026, 10, 21, 12, 0, 0)
const text = { 'content-type': 'text/plain' }
const json = { 'content-type': 'application/json' }

const ok = { kind: 'ok', value: true }
const expired = { kind: 'gone', reason: 'the browser no longer accepts notifications' }
const otherKey = { kind: 'gone', reason: 'the browser subscribed with another VAPID key' }
const refusedKey = { kind: 'misconfigured', reason: /our VAPID signature/, scope: 'host' }
const tooLarge = { kind: 'rejected', isTooMuch: true }
const foreign = { kind: 'transient', reason: 'refused by something in front of the API' }

function limited (seconds: number): object {
  return { kind: 'rateLimited', retryAt: now + seconds * 1_000, scope: 'host' }
}

/** Mozilla's error. */
function errno (code: number, errno: number, message = 'Do not quote me.'): string {
  return JSON.stringify({ code, errno, error: 'Error', message, more_info: 'https://example.com/' })
}

function reason (reason: string): string {
  return JSON.stringify({ reason })
}

const googleMismatch = 'the VAPID credentials in the authorization header do not correspond to the credentials used to create the subscriptions.\n'
const googleSender = 'the key in the authorization header does not correspond to the sender ID used to subscribe this user.'
const googleUnused = 'A valid push subscription endpoint should be specified in the URL as such: https://fcm.googleapis.com/wp/{push subscription ID}'

const table: Array<[string, number, Record<string, string>, string, object]> = [
  ['Mozilla', 201, { location: 'https://updates.push.services.mozilla.com/m/1', ttl: '60' }, '', ok],
  ['Google', 201, { location: 'https://fcm.googleapis.com/0:1' }, '', ok],
  ['Apple', 201, { 'apns-id': '1' }, '', ok],
  ['Microsoft', 201, { 'x-wns-status': 'received' }, '', ok],
  ['another service', 202, {}, '', ok],
  ['another service', 200, json, '{"id":"abc","event":"message"}', ok],
  ['another service', 200, { location: 'https://push.example/m/1' }, '', ok],
  ['a portal', 200, { 'content-type': 'text/html' }, '<html></html>', { kind: 'transient', reason: 'a page responded instead of the API' }],
  ['a portal', 201, { 'content-type': 'text/html' }, '<html></html>', { kind: 'transient' }],
  ['a proxy', 200, text, 'OK', { kind: 'malformed' }],

  ['Mozilla', 404, json, errno(404, 102), expired],
  ['Google', 404, text, googleUnused, expired],
  ['Apple', 404, json, reason('BadPath'), expired],
  ['Microsoft', 404, { 'x-wns-error-description': 'channel unknown' }, '', expired],
  ['another service', 404, {}, '', expired],
  ['a proxy', 404, text, '404 page not found', foreign],
  ['Mozilla', 410, { ...json, 'cache-control': 'max-age=86400' }, errno(410, 103), expired],
  ['Mozilla', 410, json, errno(410, 105), expired],
  ['Mozilla', 410, json, errno(410, 106), expired],
  ['Google', 410, text, 'push subscription has unsubscribed or expired.\n', expired],
  ['Google', 410, text, 'NotRegistered', expired],
  ['Apple', 410, json, reason('Unregistered'), expired],
  ['Apple', 400, json, reason('BadDeviceToken'), expired],
  ['Microsoft', 410, { 'x-wns-status': 'dropped' }, '', expired],
  ['a proxy', 410, { 'content-type': 'text/html' }, '<html></html>', foreign],

  ['Mozilla', 401, json, errno(401, 109, 'Request did not validate Invalid Authorization Header'), refusedKey],
  ['Mozilla', 401, json, errno(401, 109, 'VAPID public key mismatch'), otherKey],
  ['Google', 403, text, 'invalid JWT provided\n', refusedKey],
  ['Google', 403, text, googleMismatch, otherKey],
  ['Google', 403, text, googleSender, otherKey],
  ['Google', 400, text, 'UnauthorizedRegistration', otherKey],
  ['Google', 401, text, 'UnauthorizedRegistration', otherKey],
  ['Google', 400, { 'content-type': 'text/html; charset=UTF-8' }, '<HTML>\n<HEAD>\n<TITLE>UnauthorizedRegistration</TITLE>\n</HEAD>\n', otherKey],
  ['a portal', 400, { 'content-type': 'text/html' }, '<html><title>Sign in</title></html>', { kind: 'transient' }],
  ['Apple', 403, json, reason('BadJwtToken'), refusedKey],
  ['Apple', 403, json, reason('ExpiredJwtToken'), refusedKey],
  ['Apple', 400, json, reason('VapidPkHashMismatch'), otherKey],
  ['Microsoft', 401, { 'x-wns-error-description': 'token' }, '', refusedKey],
  ['Microsoft', 403, { 'x-wns-error-description': 'not authorized for this channel' }, '', otherKey],
  ['a proxy', 401, text, 'Unauthorized', foreign],
  ['a proxy', 403, text, 'Forbidden', foreign],

  ...[110, 111, 112, 113, 114].map((number): [string, number, Record<string, string>, string, object] =>
    ['Mozilla', 400, json, errno(400, number), { kind: 'rejected', reason: `push service refuses the request (errno ${number})` }]),
  ['Apple', 400, json, reason('BadTtl'), { kind: 'rejected', reason: 'push service refuses the request (BadTtl)' }],
  ['Microsoft', 400, { 'x-wns-error-description': 'header' }, '', { kind: 'rejected' }],
  ['a proxy', 400, json, '{"message":"Bad Request"}', foreign],

  ['Mozilla', 413, json, errno(413, 104), tooLarge],
  ['Google', 413, text, 'too large', tooLarge],
  ['Apple', 413, json, reason('PayloadTooLarge'), tooLarge],
  ['Microsoft', 413, { 'x-wns-status': 'dropped' }, '', tooLarge],
  ['a proxy', 413, { 'content-type': 'text/html' }, '<html></html>', foreign],

  ['Mozilla', 429, { ...json, 'retry-after': '30' }, errno(429, 201), limited(30)],
  ['Google', 429, text, '', limited(60)],
  ['Apple', 429, json, reason('TooManyRequests'), limited(60)],
  ['Microsoft', 406, { 'retry-after': '90' }, '', limited(90)],
  ['Microsoft', 406, {}, '', limited(60)],

  ['Mozilla', 500, json, errno(500, 999), { kind: 'transient' }],
  ['Mozilla', 502, json, errno(502, 901), { kind: 'transient' }],
  ['Mozilla', 503, { ...json, 'retry-after': '120' }, errno(503, 201), limited(120)],
  ['Apple', 503, json, reason('ServiceUnavailable'), { kind: 'transient' }],
  ['a proxy', 302, { location: 'https://evil.example/' }, '', { kind: 'transient', reason: 'redirects, which is not followed' }]
]

for (const [from, status, headers, body, expected] of table) {
  t.test(`classifies ${status} of ${from}: ${body.trim().slice(0, 60)}`, async (t) => {
    const classified = classify({ status, headers, body: Buffer.from(body) }, now)
    t.match(classified, expected)
    t.notMatch(JSON.stringify(classified), /Do not quote me/)
  })
}
