import t from 'tap'
import { classify, classifyChallenge } from '../../../src/providers/webhook/classify.ts'

const now = Date.UTC(2026, 10, 29, 12, 0, 0)
const dayMs = 24 * 3_600_000
const refused = { kind: 'transient', lasting: { rule: 'refused', kind: 'unauthorized', times: 3, ms: 5 * 60_000 } }
const missing = { kind: 'transient', lasting: { rule: 'missing', kind: 'gone', times: 3, ms: 3 * dayMs } }

const rows: Array<[number, Record<string, string>, object]> = [
  [200, {}, { kind: 'ok' }], [202, {}, { kind: 'ok' }], [204, {}, { kind: 'ok' }],
  [410, {}, { kind: 'gone' }],
  [404, {}, missing], [405, {}, missing],
  [401, {}, refused], [403, {}, refused],
  [429, { 'retry-after': '7' }, { kind: 'rateLimited', retryAt: now + 7_000, scope: undefined }],
  [429, {}, { kind: 'rateLimited', retryAt: now + 30_000 }],
  [503, { 'retry-after': '7' }, { kind: 'rateLimited', retryAt: now + 7_000 }],
  [502, { 'retry-after': '7' }, { kind: 'transient', notBefore: now + 7_000 }],
  [500, { 'retry-after': '31536000' }, { kind: 'transient', notBefore: now + 3_600_000 }],
  [500, { 'retry-after': '9'.repeat(40) }, { kind: 'transient', notBefore: now + 3_600_000 }],
  [408, {}, { kind: 'transient', lasting: undefined }], [425, {}, { kind: 'transient' }],
  [500, {}, { kind: 'transient', lasting: undefined }], [503, {}, { kind: 'transient' }], [504, {}, { kind: 'transient' }],
  [400, {}, { kind: 'rejected' }], [413, {}, { kind: 'rejected' }], [415, {}, { kind: 'rejected' }], [422, {}, { kind: 'rejected' }],
  [301, { location: 'https://elsewhere.example/' }, { kind: 'rejected', reason: 'redirects are not followed' }],
  [307, {}, { kind: 'rejected' }]
]

for (const [status, headers, expected] of rows) {
  t.test(`classifies ${status} ${JSON.stringify(headers)}, whatever the body is`, async (t) => {
    for (const body of ['', 'x', '{"error":"no"}', '<html></html>']) t.match(classify({ status, headers, body: Buffer.from(body) }, now), expected)
  })
}

const challenges: Array<[number, string, object]> = [
  [200, '123456', { kind: 'ok', value: 'proven' }],
  [200, ' 123456\n', { kind: 'ok', value: 'proven' }],
  [200, '{"challenge":"123456"}', { kind: 'ok', value: 'proven' }],
  // A server that repeats every request, such as one for tests, proves no ownership.
  [200, '{"json":{"data":{"challenge":"123456"}}}', { kind: 'ok', value: 'sent' }],
  [200, '<p>You sent 123456</p>', { kind: 'ok', value: 'sent' }],
  [200, '{"challenge":123456}', { kind: 'ok', value: 'sent' }],
  [204, '', { kind: 'ok', value: 'sent' }],
  // The endpoint verifies signatures, and its owner does not have the secret yet.
  [400, '', { kind: 'ok', value: 'sent' }], [401, '123456', { kind: 'ok', value: 'sent' }], [403, '', { kind: 'ok', value: 'sent' }],
  [415, '', { kind: 'ok', value: 'sent' }], [422, '', { kind: 'ok', value: 'sent' }],
  [301, '', { kind: 'rejected', reason: /^redirects/ }],
  [404, '', { kind: 'rejected', reason: /error 404/ }], [405, '', { kind: 'rejected' }], [410, '', { kind: 'rejected' }],
  [429, '', { kind: 'rateLimited' }], [500, '', { kind: 'transient' }], [503, '', { kind: 'transient' }]
]

for (const [status, body, expected] of challenges) {
  t.test(`classifies a challenge with the response ${status} ${body}`, async (t) => {
    t.match(classifyChallenge({ status, headers: {}, body: Buffer.from(body) }, now, '123456'), expected)
  })
}
