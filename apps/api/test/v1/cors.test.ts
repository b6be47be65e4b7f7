import t from 'tap'
import { openTestApi } from '../open-api.ts'

const api = await openTestApi(t)
const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type' }

t.test("allows requests from the site's frontends", async (t) => {
  const preflight = await api.ask('OPTIONS', '/v1/handshakes', { headers: { origin: 'https://site.example', ...asked } })
  t.equal(preflight.status, 204)
  t.match(preflight.headers, {
    'access-control-allow-origin': 'https://site.example',
    'access-control-allow-headers': /authorization/,
    'access-control-allow-methods': 'GET, POST, PATCH, DELETE'
  })
  t.notOk('access-control-allow-credentials' in preflight.headers)
  const answer = await api.ask('GET', '/v1/connectors', { headers: { origin: 'https://site.example' } })
  t.equal(answer.status, 401)
  t.equal(answer.headers['access-control-allow-origin'], 'https://site.example', 'they can read a problem too')
})

t.test('allows no other origin, and no URL outside the API', async (t) => {
  const cases = { '/v1/connectors': 'https://evil.example', '/connect': 'https://site.example', '/openapi.json': 'https://site.example' }
  for (const [path, origin] of Object.entries(cases)) {
    const { headers } = await api.ask('GET', path, { headers: { origin } })
    t.notOk('access-control-allow-origin' in headers, path)
  }
})
