import type { Test } from 'tap'
import type { ProviderClient } from '../../../src/providers/define-provider.ts'
import type { Traits } from './traits.ts'

const now = Date.UTC(2026, 10, 21, 12, 0, 0)
const html = { 'content-type': 'text/html; charset=utf-8' }
const json = { 'content-type': 'application/json' }
const text = { 'content-type': 'text/plain' }
const page = '<html><body>Access denied by policy 17.</body></html>'

/** Responses of proxies, firewalls, gateways and captive portals. */
const intermediaries: Array<[number, Record<string, string>, string]> = [
  [200, html, page],
  [200, text, page],
  [200, {}, '\n  <!DOCTYPE html><title>Welcome to the hotel</title>'],
  [200, text, 'OK'],
  [204, {}, ''],
  [302, { location: 'https://portal.example/' }, ''],
  [307, { location: 'https://portal.example/', ...html }, page],
  [400, html, page],
  [400, json, '{"message":"Bad Request"}'],
  [401, {}, ''],
  [401, html, page],
  [401, { ...html, 'www-authenticate': 'Basic realm="proxy"' }, page],
  [401, { 'www-authenticate': 'Bearer error="invalid_token"' }, ''],
  [401, json, '{"message":"Unauthorized"}'],
  [401, json, '{"error":{"code":401,"message":"Unauthorized","status":"UNAUTHENTICATED"}}'],
  [403, {}, ''],
  [403, text, 'Forbidden'],
  [403, html, page],
  [403, json, '{"error":{"code":403,"message":"Forbidden"}}'],
  [403, json, '["error"]'],
  [403, json, '"invalid_grant"'],
  [404, html, page],
  [404, text, '404 page not found'],
  [405, {}, ''],
  [407, { ...html, 'proxy-authenticate': 'Basic' }, page],
  [410, html, page],
  [413, html, page],
  [421, {}, ''],
  [451, html, page],
  [502, html, page],
  [511, html, page]
]

/** No response of an intermediary may fail a message or mark credentials as dead. */
export async function intermediariesConformance (
  t: Test, { classifyCredentials }: ProviderClient, { classifiers, isHttp = true, isPlainEndpoint }: Traits
): Promise<void> {
  if (isHttp && isPlainEndpoint !== true) t.ok(Object.keys(classifiers).length > 0, 'the traits name the classifiers')
  for (const [endpoint, classify] of Object.entries(classifiers)) {
    await t.test(`retries when an intermediary responds instead of the ${endpoint}`, async (t) => {
      for (const [status, headers, body] of intermediaries) {
        const { kind } = classify({ status, headers, body: Buffer.from(body) }, now)
        const isForeignContent = status === 200 || status === 204
        t.match(kind, isForeignContent ? /^(transient|malformed)$/ : /^transient$/, `${status} ${JSON.stringify(headers)} ${body}`)
      }
    })
  }

  if (classifyCredentials === undefined) return
  await t.test('does not mark credentials as dead because of an intermediary', async (t) => {
    for (const [status, headers, body] of intermediaries) {
      t.equal(classifyCredentials({ status, headers, body: Buffer.from(body) }), null, `${status} ${body}`)
    }
  })
}
