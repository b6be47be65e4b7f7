import t from 'tap'
import { classifyForeign, classifyStatus, isPage } from '@carillon/http'

const now = Date.UTC(2026, 10, 21, 12, 0, 0)
const html = { 'content-type': 'text/html; charset=utf-8' }
const json = { 'content-type': 'application/json' }
const text = { 'content-type': 'text/plain' }
const page = '<html><body>Access denied by policy 17.</body></html>'

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
