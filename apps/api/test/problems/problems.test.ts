import { connect } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { at, openTestApi } from '../open-api.ts'
import type { Answer, Asked } from '../open-api.ts'

const accept = async (): Promise<never> => { throw new Error('secret innards') }
const api = await openTestApi(t, { change: () => ({ accepter: { accept, acceptAll: accept } }) })
const token = await api.makeKey()

function expectProblem (t: Test, answer: Answer, status: number, code: string): void {
  t.equal(answer.status, status)
  t.equal(answer.headers['content-type'], 'application/problem+json')
  t.match(answer.body, {
    type: `${api.url}/problems#${code}`,
    title: String,
    status,
    detail: String,
    instance: `urn:uuid:${String(answer.headers['x-request-id'])}`,
    code,
    requestId: answer.headers['x-request-id']
  })
}

t.test('returns problem details for an unknown URL', async (t) => {
  for (const path of ['/nowhere', '/v1', '/v1/nowhere', '/v1/connections/con_x', '/v1/notifications/nope', '/v1/handshakes/../x']) {
    expectProblem(t, await api.ask('GET', path, { token }), 404, 'notFound')
  }
})

t.test('lists the methods of a URL', async (t) => {
  const answer = await api.ask('PUT', '/v1/connections/con_1', { token })
  expectProblem(t, answer, 405, 'methodNotAllowed')
  t.equal(answer.headers['allow'], 'GET, HEAD, PATCH, DELETE')
})

t.test('refuses bodies that are not JSON', async (t) => {
  const send = (asked: Asked) => api.ask('POST', '/v1/user-tokens', { token, ...asked })
  expectProblem(t, await send({ body: '{"userId":' }), 400, 'malformedJson')
  expectProblem(t, await send({ headers: { 'content-type': 'application/json' } }), 400, 'malformedJson')
  expectProblem(t, await send({ body: '{"__proto__":{"x":1}}' }), 400, 'malformedJson')
  expectProblem(t, await send({ body: 'userId=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }), 415, 'unsupportedMediaType')
  expectProblem(t, await send({ body: 'hello', headers: { 'content-type': 'text/plain' } }), 415, 'unsupportedMediaType')
  expectProblem(t, await send({}), 400, 'invalidInput')
})

t.test('refuses bodies that are too large', async (t) => {
  expectProblem(t, await api.ask('POST', '/v1/user-tokens', { token, body: { userId: 'x'.repeat(1_100_000) } }), 413, 'bodyTooLarge')
})

t.test('reports each error with its path', async (t) => {
  const { body } = await api.ask('POST', '/v1/user-tokens', { token, body: { userId: '', expiresIn: '60', admin: true } })
  t.match(body, { code: 'invalidInput', detail: /\(and 2 more\)$/ })
  t.same(at(body, 'errors.1'), { path: 'userId', message: 'must not have fewer than 1 characters' })
  t.same(at(body, 'errors.0'), { path: 'admin', message: 'is not a known field of this call' })
  t.same(at(body, 'errors.2'), { path: 'expiresIn', message: 'must be an integer' })
})

t.test('refuses values that the database cannot store', async (t) => {
  for (const [path, text] of [['displayName', 'a\0b'], ['userId', '\ud800'], ['userId', '\udc00x']] as const) {
    const answer = await api.ask('POST', '/v1/user-tokens', { token, body: { userId: 'ann', [path]: text } })
    expectProblem(t, answer, 400, 'invalidInput')
    t.match(at(answer.body, 'errors.0'), { path, message: /^holds U\+0000/ })
  }
  expectProblem(t, await api.ask('GET', '/v1/connections?userId=%00', { token }), 400, 'invalidInput')
  const nested = `{"userId":${'['.repeat(10_000)}${']'.repeat(10_000)}}`
  expectProblem(t, await api.ask('POST', '/v1/user-tokens', { token, body: nested }), 400, 'invalidInput')
})

t.test('reveals nothing about an internal error, and logs it under the id in the response', async (t) => {
  const answer = await api.ask('POST', '/v1/notifications', {
    token, body: { audience: { userIds: ['a'] }, message: { type: 'note', title: 'x' } }
  })
  expectProblem(t, answer, 500, 'internal')
  t.notMatch(JSON.stringify(answer.body), 'innards')
  const id = String(at(answer.body, 'requestId'))
  t.ok(api.logLines.some((line) => line.includes(id) && line.includes('secret innards')))
})

t.test('refuses a malformed URL', async (t) => {
  const raw = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1', () => socket.write('GET /v1/%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'))
    let text = ''
    socket.on('data', (chunk) => { text += String(chunk) }).on('close', () => resolve(text)).on('error', reject)
  })
  t.match(raw, /^HTTP\/1.1 400 /)
  t.match(raw, '"code":"badRequest"')
})

t.test('the type of a problem answers with the section of docs/errors.md', async (t) => {
  const problem = (await api.ask('GET', '/v1/connections')).body
  const url = new URL(String(at(problem, 'type')))
  const { status, body } = await api.ask('GET', url.pathname)
  t.equal(status, 200)
  const [, section = ''] = new RegExp(`<section id="${url.hash.slice(1)}">(.*?)</section>`, 's').exec(String(body)) ?? []
  t.match(section, /The request has no bearer token\..*<code>Authorization: Bearer …<\/code>/s)
  const { problemTable } = await import('../../src/problems/problem-table.ts')
  for (const code of Object.keys(problemTable)) t.match(body, `<section id="${code}">`)
})
