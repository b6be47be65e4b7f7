import t from 'tap'
import { createHttp } from '@carillon/http'
import type { Http } from '@carillon/http'
import { createPumpio } from '../../../src/pumpio/pumpio.ts'
import { discover } from '../../../src/pumpio/oauth/discovery.ts'
import { web } from '../../../../http/test/local-server.ts'
import { openPumpio } from '../open-pumpio.ts'
import { application, call, connect, failure, pump, respond } from '../fake-pump.ts'

const linksOf = (host: string) => ({ links: [{ rel: 'registration_endpoint', href: `http://${host}/own/register` }] })

t.test('follows a redirect of host-meta in the simulator', async (t) => {
  const { simulator, host, call } = await openPumpio(t)
  await simulator.control('quirks', { provider: 'pumpio', quirk: 'redirectsHostMeta', on: true })
  t.match(await discover(`http://${host}`, call(t)), { registration: `http://${host}/api/client/register` })
})

t.test('follows a few redirects of any kind, including relative ones', async (t) => {
  for (const status of [301, 302, 303, 307, 308]) {
    const host = await pump(t, {
      '/.well-known/host-meta.json': (_, response) => { response.writeHead(status, { location: '/one' }).end() },
      '/one': (_, response, host) => { response.writeHead(status, { location: `http://${host}/two` }).end() },
      '/two': (_, response) => { response.writeHead(status, { location: 'three?a=b' }).end() },
      '/three': (_, response, host) => respond(response, linksOf(host))
    })
    const http = createHttp({ trustedOrigins: [`http://${host}`], allowPrivateHosts: [] })
    t.teardown(() => http.close())
    t.equal((await discover(`http://${host}`, call(t, http))).registration, `http://${host}/own/register`, String(status))
  }
})

t.test('limits the number of redirects, and refuses one without a target', async (t) => {
  const rows: Array<[number, Record<string, string>, RegExp]> = [
    [302, { location: '/.well-known/host-meta.json' }, /more than 3 times/],
    [302, {}, /not followed/],
    [302, { location: 'http://' }, /not followed/],
    [302, { location: 'ftp://files.example/' }, /not followed/],
    [302, { location: 'http://user:password@HOST/' }, /not followed/],
    [304, { location: '/two' }, /not followed/]
  ]
  for (const [status, headers, reason] of rows) {
    let visits = 0
    const host = await pump(t, { '/.well-known/host-meta.json': (_, response) => { visits++; response.writeHead(status, headers).end() } })
    t.match((await failure(connect(t, host))).failure, { kind: 'rejected', reason }, JSON.stringify(headers))
    t.ok(visits <= 4, `${visits} visits`)
  }
})

t.test('follows no redirect to a private network, at any position', async (t) => {
  const visits: string[] = []
  const inside = new URL(await web(t, (request, response) => { visits.push(request.url ?? ''); response.end('{}') })).host
  for (const location of [`http://${inside}/`, `http://127.0.0.2:${inside.split(':')[1]}/`, '/next']) {
    const host = await pump(t, {
      '/.well-known/host-meta.json': (_, response) => { response.writeHead(302, { location }).end() },
      '/next': (_, response) => { response.writeHead(302, { location: `http://${inside}/` }).end() }
    })
    const pumpio = createPumpio({ application, insecureHosts: [host] })
    const http = createHttp({ trustedOrigins: pumpio.origins, allowPrivateHosts: [] })
    t.teardown(() => http.close())
    const error = await failure(pumpio.handshakes.verifier.begin(`alice@${host}`, null, call(t, http)))
    t.match([error.failure.kind, error.transport], ['rejected', 'notAllowed'], location)
  }
  t.same(visits, [])
})

t.test('follows no redirect from https to http', async (t) => {
  const seen: string[] = []
  const http: Http = {
    request: async ({ url }) => {
      seen.push(url)
      const location = url.includes('host-meta') ? 'https://pump.example/next' : 'http://pump.example/next'
      return { status: 302, headers: { location }, body: Buffer.alloc(0) }
    },
    close: async () => {}
  }
  t.match((await failure(discover('https://pump.example', call(t, http)))).failure, { kind: 'rejected', reason: /not followed/ })
  t.same(seen, ['https://pump.example/.well-known/host-meta.json', 'https://pump.example/next'])
})
