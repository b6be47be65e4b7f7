import t from 'tap'
import { classify as classifyBlotre, classifyToken as classifyBlotreToken } from '../../../clients/src/blotre/classify.ts'
import { classifyForeign, classifyStatus, isPage } from '@carillon/http'
import {
  classify as classifyFacebook,
  classifyApp, classifyToken as classifyFacebookToken
} from '../../src/providers/facebook/classify.ts'
import { classify as classifyPumpio, classifyToken as classifyPumpioToken } from '../../../clients/src/pumpio/classify.ts'
import { classify as classifyPushbullet } from '../../src/providers/pushbullet/pushbullet.ts'
import { createProviders, definitions } from '../../src/providers/registry.ts'
import { loadConfig } from '../../src/config/index.ts'
import type { HttpResponse } from '@carillon/http'

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

const classifiers: Record<string, (answer: HttpResponse) => { kind: string }> = {
  Pushbullet: (answer) => classifyPushbullet(answer, now, ['iden']),
  'pump.io': (answer) => classifyPumpio(answer, now, ['id']),
  "pump.io's token endpoints": (answer) => classifyPumpioToken(answer, now),
  "Blot're": (answer) => classifyBlotre(answer, now, (value) => typeof value === 'object' && value !== null ? value : undefined),
  "Blot're's token endpoint": (answer) => classifyBlotreToken(answer, now, 'own'),
  Facebook: (answer) => classifyFacebook(answer, now, readId),
  "Facebook's token endpoint": (answer) => classifyFacebookToken(answer, now, readId),
  "Facebook's debug_token": (answer) => classifyApp(answer, now, readId)
}

for (const [provider, classify] of Object.entries(classifiers)) {
  t.test(`retries when an intermediary responds instead of ${provider}`, async (t) => {
    for (const [status, headers, body] of intermediaries) {
      const { kind } = classify({ status, headers, body: Buffer.from(body) })
      const isForeignContent = status === 200 || status === 204
      t.match(kind, isForeignContent ? /^(transient|malformed)$/ : /^transient$/, `${status} ${JSON.stringify(headers)} ${body}`)
    }
  })
}

t.test('does not mark credentials as dead because of an intermediary', async (t) => {
  const providers = createProviders(loadConfig(Object.fromEntries(definitions.flatMap(({ required }) => required.map((name) => [name, 'x'])))))
  t.equal(providers.size, definitions.length)
  for (const { id, classifyCredentials } of providers.values()) {
    for (const [status, headers, body] of intermediaries) {
      t.equal(classifyCredentials?.({ status, headers, body: Buffer.from(body) }), null, `${id} ${status} ${body}`)
    }
  }
})

t.test('classifies statuses with the same meaning from every server', async (t) => {
  const rows: Array<[number, Record<string, string>, object | undefined]> = [
    [200, {}, undefined], [302, {}, undefined], [403, {}, undefined], [407, {}, undefined],
    [408, {}, { kind: 'transient' }], [425, {}, { kind: 'transient' }], [500, {}, { kind: 'transient' }], [511, {}, { kind: 'transient' }],
    [429, {}, { kind: 'rateLimited', retryAt: now + 30_000 }],
    [429, { 'retry-after': '7' }, { kind: 'rateLimited', retryAt: now + 7_000 }],
    [503, {}, { kind: 'transient' }],
    [503, { 'retry-after': '0' }, { kind: 'transient' }],
    [503, { 'retry-after': 'soon' }, { kind: 'transient' }],
    [503, { 'retry-after': '7' }, { kind: 'rateLimited', retryAt: now + 7_000 }],
    [503, { 'retry-after': '9999999' }, { kind: 'rateLimited', retryAt: now + 3_600_000 }],
    [500, { 'retry-after': '7' }, { kind: 'transient' }]
  ]
  for (const [status, headers, failure] of rows) {
    const found = classifyStatus({ status, headers }, now)
    if (failure === undefined) t.equal(found, undefined, String(status))
    else t.match(found, failure, `${status} ${JSON.stringify(headers)}`)
  }
  t.match(classifyForeign({ status: 429, headers: {}, body: Buffer.alloc(0) }, now, { limitScope: 'host', limitReason: 'x' }),
    { kind: 'rateLimited', scope: 'host', reason: 'x' })
})

t.test('recognizes HTML by its type or by its first characters', async (t) => {
  const rows: Array<[Record<string, string>, string, boolean]> = [
    [html, '', true], [{ 'content-type': 'application/xhtml+xml' }, '', true], [text, page, true], [{}, '<!doctype HTML>', true],
    [text, 'html', false], [json, '{"a":"<html>"}', false], [{ 'content-type': 'text/plain; note=html' }, 'x', false], [{}, '', false]
  ]
  for (const [headers, body, expected] of rows) t.equal(isPage({ headers, body: Buffer.from(body) }), expected, `${headers['content-type']} ${body}`)
})

function readId (value: unknown): object | undefined {
  return typeof value === 'object' && value !== null && 'id' in value ? value : undefined
}
