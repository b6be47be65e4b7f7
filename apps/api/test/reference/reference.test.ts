import { readFile } from 'node:fs/promises'
import { Validator } from '@seriousme/openapi-schema-validator'
import { createBrowser } from '@carillon/testing'
import t from 'tap'
import { at, openTestApi } from '../open-api.ts'

const api = await openTestApi(t)

t.test('returns a valid OpenAPI 3.1 document', async (t) => {
  const { status, body } = await api.ask('GET', '/openapi.json')
  t.equal(status, 200)
  t.equal(at(body, 'openapi'), '3.1.0')
  const result = await new Validator().validate(Object(body))
  t.ok(result.valid, JSON.stringify(result.errors))
})

t.test('keeps docs/openapi.json up to date (npm run openapi -w @carillon/api)', async (t) => {
  const kept: unknown = JSON.parse(await readFile(new URL('../../../../docs/openapi.json', import.meta.url), 'utf8'))
  t.same((await api.ask('GET', '/openapi.json')).body, kept)
})

t.test('describes every route: its callers, its responses, and its problems', async (t) => {
  const { body } = await api.ask('GET', '/openapi.json')
  const calls = Object.entries(at(body, 'paths') ?? {}).flatMap(([path, methods]) => Object.entries(Object(methods)).map(([method, call]) => ({ path, method, call })))
  t.equal(calls.length, 73)
  for (const { path, method, call } of calls) {
    t.match(call, { operationId: String, summary: String, tags: [String], security: [Object] }, `${method} ${path}`)
    const isForwarded = path.includes('/proxy/')
    t.hasOwnProps(Object(at(call, 'responses')), isForwarded ? ['4XX', '5XX'] : ['400', '401', '500', '503'], `${method} ${path}`)
    t.match(at(call, 'summary'), /^[A-Z][^.]{3,40}$/, 'a short title')
    t.match(path, /^\/v1\//)
  }
})

t.test('describes every path parameter, and the content of a proxied request', async (t) => {
  const { body } = await api.ask('GET', '/openapi.json')
  const paths = Object.keys(at(body, 'paths') ?? {})
  for (const path of paths) t.match(path, /^(\/[\w-]+|\/\{\w+\})+$/)
  t.match(at(body, 'paths./v1/connections/{id}/proxy/{path}.post'), {
    parameters: [{ name: 'id' }, { name: 'path', in: 'path', required: true }],
    responses: { '2XX': { content: { '*/*': {} } }, '4XX': { content: { 'application/problem+json': {}, '*/*': {} } } }
  })
})

t.test('works below the path of PUBLIC_URL', async (t) => {
  const below = await openTestApi(t, { change: ({ site }) => ({ site: { ...site, publicUrl: 'https://site.example/carillon' } }) })
  t.match(at((await below.ask('GET', '/openapi.json')).body, 'servers'), [{ url: '/carillon' }])
  for (const path of ['/', '/docs']) t.equal((await below.ask('GET', path)).headers['location'], '/carillon/docs/', path)
  const { headers } = await below.ask('POST', '/v1/handshakes', { token: await below.makeUser('ann'), body: { provider: 'pushbullet' } })
  t.match(headers['location'], /^\/carillon\/v1\/handshakes\/hsk_/)
})

t.test('serves the reference from its own files, with a policy that allows no other sources', async (t) => {
  const browser = createBrowser()
  const page = await browser.follow(await browser.get(`${api.url}/docs`))
  t.equal(page.status, 200)
  t.match(page.headers['content-security-policy'], /script-src 'self' 'sha256-[^']+=' ?.*;style-src/)
  const script = /<script[^>]+src="([^"]+)"/.exec(page.text)?.[1] ?? ''
  const { status, headers } = await browser.get(new URL(script, page.url).href)
  t.equal(status, 200)
  t.match(headers['content-type'], /javascript/)
  t.notMatch(page.text, /(src|href)="https?:/)
})

t.test('keeps docs/errors.md up to date (npm run openapi -w @carillon/api)', async (t) => {
  const { errorsDocument } = await import('../../src/reference/errors-document.ts')
  t.equal(await readFile(new URL('../../../../docs/errors.md', import.meta.url), 'utf8'), errorsDocument())
})

t.test('documents every reason', async (t) => {
  const docs = await readFile(new URL('../../../../docs/api.md', import.meta.url), 'utf8')
  const { reasons } = await import('../../src/handshakes/outcome/reasons.ts')
  for (const code of Object.keys(reasons)) t.match(docs, `\`${code}\``)
})
