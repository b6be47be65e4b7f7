import t from 'tap'
import type { Test } from 'tap'
import { classify } from '../../../../src/providers/oauth2-services/send/classify.ts'
import type { ResponseRules } from '../../../../src/providers/oauth2-services/send/classify.ts'

const now = Date.UTC(2026, 10, 29, 12, 0, 0)
const json = { 'content-type': 'application/json' }
const html = { 'content-type': 'text/html' }

type Row = [status: number, headers: Record<string, string>, body: string, expected: object]

function check (t: Test, rows: Row[], rules: ResponseRules): void {
  for (const [status, headers, body, expected] of rows) {
    t.match(classify({ status, headers, body: Buffer.from(body) }, now, rules), expected, `${status} ${JSON.stringify(headers)} ${body}`)
  }
}

t.test('classifies a response by the default table', async (t) => {
  check(t, [
    [200, json, '{}', { kind: 'ok' }],
    [204, {}, '', { kind: 'ok' }],
    [200, html, '<html>Sign in</html>', { kind: 'transient' }],
    [301, { location: 'https://elsewhere.example/' }, '', { kind: 'transient', reason: /redirects/ }],
    [400, json, '{"message":"no"}', { kind: 'rejected' }],
    [401, json, '{}', { kind: 'expired' }],
    [401, { 'www-authenticate': 'Bearer error="invalid_token"' }, '', { kind: 'expired' }],
    [401, html, '<html>Proxy</html>', { kind: 'transient' }],
    [402, json, '{}', { kind: 'quota' }],
    [403, json, '{}', { kind: 'missingPermission', missing: [] }],
    [403, { 'www-authenticate': 'Bearer error="insufficient_scope", scope="notices admin"' }, '', { kind: 'missingPermission', missing: ['notices', 'admin'] }],
    [404, json, '{}', { kind: 'gone' }],
    [410, json, '{}', { kind: 'gone' }],
    [408, {}, '', { kind: 'transient' }],
    [413, json, '{}', { kind: 'rejected' }],
    [422, json, '{}', { kind: 'rejected' }],
    [425, {}, '', { kind: 'transient' }],
    [429, { 'retry-after': '60' }, '', { kind: 'rateLimited', retryAt: now + 60_000 }],
    [429, {}, '', { kind: 'rateLimited', retryAt: now + 30_000 }],
    [500, json, '{}', { kind: 'transient' }],
    [502, html, '<html>Bad gateway</html>', { kind: 'transient' }],
    [503, { 'retry-after': '120' }, '', { kind: 'rateLimited', retryAt: now + 120_000 }],
    [503, {}, '', { kind: 'transient' }]
  ], { rules: [] })
})

t.test('treats a refusal as the service\'s own only if it has the configured error', async (t) => {
  check(t, [
    [400, json, '{"error":"invalid_request"}', { kind: 'rejected' }],
    [400, json, '{"error":"Bad Request"}', { kind: 'transient' }],
    [400, json, '{"error":{"code":400}}', { kind: 'transient' }],
    [401, json, '{"message":"Unauthorized"}', { kind: 'transient' }],
    [401, json, '{"error":"invalid_token"}', { kind: 'expired' }],
    [403, {}, '', { kind: 'transient' }],
    [404, json, '{"error":"not_found"}', { kind: 'gone' }],
    [404, { 'content-type': 'text/plain' }, '404 page not found', { kind: 'transient' }]
  ], { rules: [], errors: { pointer: '/error', matches: /^[a-z_]+$/u } })
})

t.test('requires the status and the pointer of a success', async (t) => {
  check(t, [
    [201, json, '{"message":{"id":7}}', { kind: 'ok', value: '7' }],
    [201, json, '{"message":{}}', { kind: 'malformed', reason: /\/message\/id/ }],
    [200, json, '{"message":{"id":"a"}}', { kind: 'malformed' }]
  ], { rules: [], statuses: ['201'], pointer: '/message/id' })
})

t.test('lets the first matching rule decide', async (t) => {
  check(t, [
    [200, json, '{"ok":false,"error":"is_archived"}', { kind: 'gone', reason: 'the channel is archived' }],
    [200, json, '{"ok":false,"error":"token_revoked"}', { kind: 'unauthorized' }],
    [200, json, '{"ok":false,"error":"else"}', { kind: 'rejected' }],
    [200, json, '{"ok":true}', { kind: 'ok' }],
    [409, json, '{}', { kind: 'ok' }],
    [418, json, '{}', { kind: 'quota' }],
    [451, json, '{}', { kind: 'misconfigured' }],
    [403, json, '{"reset":1796000000}', { kind: 'rateLimited', scope: 'app', retryAt: now + 3_600_000 }],
    [403, json, '{"wait":90}', { kind: 'rateLimited', retryAt: now + 90_000 }],
    [420, { ...json, 'x-retry': 'Sun, 29 Nov 2026 12:05:00 GMT' }, '{}', { kind: 'rateLimited', retryAt: now + 300_000 }],
    [403, html, '<html>{"wait":90}</html>', { kind: 'transient' }],
    [426, json, '{}', { kind: 'missingPermission', missing: [] }]
  ], {
    rules: [
      { statuses: [], pointer: '/error', matches: /^is_archived$/u, kind: 'gone', reason: 'the channel is archived' },
      { statuses: ['200'], pointer: '/error', matches: /^token_/u, kind: 'unauthorized' },
      { statuses: ['2xx'], pointer: '/error', kind: 'rejected' },
      { statuses: ['409'], kind: 'sent' },
      { statuses: ['418'], kind: 'quota' },
      { statuses: ['451'], kind: 'misconfigured' },
      { statuses: ['403'], pointer: '/reset', kind: 'rateLimited', until: { pointer: '/reset', format: 'epochSeconds' }, scope: 'app' },
      { statuses: ['403'], pointer: '/wait', kind: 'rateLimited', until: { pointer: '/wait', format: 'seconds' } },
      { statuses: ['420'], kind: 'rateLimited', until: { header: 'X-Retry', format: 'date' } },
      { statuses: ['4xx'], kind: 'missingPermission' }
    ]
  })
})
