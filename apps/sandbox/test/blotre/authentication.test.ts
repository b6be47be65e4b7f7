import t from 'tap'
import { apiError, openTestBlotre } from './open-test-blotre.ts'

const blotre = await openTestBlotre(t)

async function write (rootStream: string, headers: Record<string, string>, query = '') {
  return await blotre.call('POST', `/blotre/v0/api/stream/${rootStream}/status${query}`, { body: { color: '#123456' }, headers })
}

t.test('distinguishes an expired token from an unknown one', async (t) => {
  const { accessToken, rootStream } = await blotre.member()
  const headers = { authorization: `Bearer ${accessToken}` }
  await blotre.advance(7200)
  const expired = await write(rootStream, headers)
  t.equal(expired.status, 401)
  t.same(expired.json, apiError('Access token is expired.'))
  t.equal(expired.headers.get('www-authenticate'), 'Bearer error="invalid_token" error_description="Access token is expired"')

  for (const unknown of [{ authorization: 'Bearer nonsense' }, {} as Record<string, string>]) {
    const response = await write(rootStream, unknown)
    t.equal(response.status, 401)
    t.same(response.json, apiError('Action requires authorization.'))
    t.equal(response.headers.get('www-authenticate'), null)
  }
})

t.test('does not know a token that was replaced by a refresh', async (t) => {
  const { accessToken, refreshToken, rootStream } = await blotre.member()
  await blotre.token({ grant_type: 'refresh_token', refresh_token: refreshToken })
  const response = await write(rootStream, { authorization: `Bearer ${accessToken}` })
  t.equal(response.status, 401)
  t.same(response.json, apiError('Action requires authorization.'))
  t.equal(response.headers.get('www-authenticate'), null)
})

t.test('reads the token from the query first, then from a Bearer header', async (t) => {
  const { accessToken, rootStream } = await blotre.member()
  t.match(await write(rootStream, {}, `?access_token=${accessToken}`), { status: 200 })
  t.match(await write(rootStream, { authorization: 'Bearer nonsense' }, `?access_token=${accessToken}`), { status: 200 })
  t.match(await write(rootStream, { authorization: `Bearer ${accessToken}` }, '?access_token=nonsense'), { status: 401 })
  t.match(await write(rootStream, { authorization: `Bearer ${accessToken}-and-more` }), { status: 200 }, 'word characters only')
  t.match(await write(rootStream, { authorization: `bearer ${accessToken}` }), { status: 401 })
  t.match(await write(rootStream, { authorization: accessToken }), { status: 401 })
})

t.test('returns everything without a token, and with an invalid one', async (t) => {
  const { rootStream, userId } = await blotre.member()
  const paths = ['/stream', `/stream/${rootStream}`, `/stream/${rootStream}/status`, `/stream/${rootStream}/tags`, `/stream/${rootStream}/children`,
    '/tag/news/children', `/user/${userId}`]
  for (const path of paths) {
    t.match(await blotre.read(path), { status: 200 }, path)
    t.match(await blotre.call('GET', `/blotre/v0/api${path}`, { headers: { authorization: 'Bearer nonsense' } }), { status: 200 }, path)
  }
})

t.test('requires a token for every write', async (t) => {
  const { rootStream: id } = await blotre.member()
  const json = { headers: { 'content-type': 'application/json' }, body: '[]' }
  for (const [method, path, options] of [
    ['PUT', '/stream', json], ['DELETE', `/stream/${id}`], ['POST', `/stream/${id}/status`, json], ['POST', `/stream/${id}/tags`, json],
    ['PUT', `/stream/${id}/tags/a`], ['DELETE', `/stream/${id}/tags/a`], ['PUT', `/stream/${id}/children/${id}`], ['DELETE', `/stream/${id}/children/${id}`]
  ] as const) {
    const response = await blotre.call(method, `/blotre/v0/api${path}`, options)
    t.equal(response.status, 401, `${method} ${path}`)
    t.same(response.json, apiError('Action requires authorization.'))
  }
})

t.test('refuses a body that is not JSON with a page, before it checks the token', async (t) => {
  const { rootStream } = await blotre.member()
  const path = `/blotre/v0/api/stream/${rootStream}/status`
  for (const [options, status] of [
    [{ body: '{"color"', headers: { 'content-type': 'application/json' } }, 400],
    [{ body: '', headers: { 'content-type': 'application/json' } }, 400],
    [{ body: '{"color":"#123456"}', headers: { 'content-type': 'text/plain' } }, 415],
    [{ body: new URLSearchParams({ color: '#123456' }) }, 415],
    [{ body: JSON.stringify({ color: 'x'.repeat(110_000) }), headers: { 'content-type': 'application/json' } }, 413]
  ] as const) {
    const response = await blotre.call('POST', path, options)
    t.equal(response.status, status)
    t.match(response.headers.get('content-type'), /^text\/html/)
  }
  const headers = { 'content-type': 'text/json; charset=utf-8' }
  t.match(await blotre.call('POST', path, { body: '{"color":"#123456"}', headers }), { status: 401 }, 'this is JSON too')
})

t.test('sends a page for unknown paths, and removes a slash at the end', async (t) => {
  for (const path of ['/blotre', '/blotre/v0/api/streams', '/blotre/v0/api/stream/x/y', '/blotre/v1/api/stream']) {
    const { status, headers } = await blotre.call('GET', path)
    t.equal(status, 404, path)
    t.match(headers.get('content-type'), /^text\/html/, path)
  }
  t.match(await blotre.call('POST', '/blotre/v0/api/stream'), { status: 404 })
  const { status, headers } = await blotre.call('GET', '/blotre/v0/api/stream/')
  t.equal(status, 301)
  t.equal(headers.get('location'), '/blotre/v0/api/stream')
})
