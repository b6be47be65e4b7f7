import t from 'tap'
import type { Http, HttpRequest, HttpResponse } from '@carillon/http'
import { sign } from '../../../src/pumpio/oauth/oauth1.ts'
import { createPumpio } from '../../../src/pumpio/pumpio.ts'
import { web } from '../../../../http/test/local-server.ts'
import { absent, application, call, connect, failure, grants, pump, registers, respond, token } from '../fake-pump.ts'

t.test('discovers the endpoints of a host', async (t) => {
  const host = await pump(t, {
    '/.well-known/host-meta.json': (_, response, host) => respond(response, {
      links: [
        { rel: 'lrdd', template: 'x' },
        null,
        { rel: 'registration_endpoint', href: `http://${host}/own/register` },
        { rel: 'http://apinamespace.org/oauth/request_token', href: `http://${host}/own/request` },
        { rel: 'http://apinamespace.org/oauth/authorize', href: `http://${host}/own/authorize?theme=dark` },
        { rel: 'http://apinamespace.org/oauth/access_token', href: `http://${host}/own/access` }
      ]
    }),
    '/own/register': registers,
    '/own/request': grants,
    '/own/access': grants,
    '/api/client/register': absent,
    '/oauth/request_token': absent,
    '/oauth/access_token': absent
  })
  const { authorizeUrl, account } = await connect(t, host)
  t.equal(authorizeUrl, `http://${host}/own/authorize?theme=dark&oauth_token=t`)
  t.equal(account.id, `alice@${host}`)
})

t.test('accepts no endpoint at another host or scheme', async (t) => {
  const visits: string[] = []
  const elsewhere = await web(t, (request, response) => { visits.push(`${request.url}`); response.end('{}') })
  const names = ['request_token', 'authorize', 'access_token']
  const rels = ['registration_endpoint', ...names.map((name) => `http://apinamespace.org/oauth/${name}`)]
  for (const lie of [elsewhere, 'https://HOST/x', 'http://user:pass@HOST/x', 'http://HOST/x#y', 'javascript:x', '//evil.example/x', '']) {
    const host = await pump(t, {
      '/.well-known/host-meta.json': (_, response, host) => {
        respond(response, { links: rels.map((rel) => ({ rel, href: lie.replace('HOST', host) })) })
      }
    })
    t.equal((await connect(t, host)).authorizeUrl, `http://${host}/oauth/authorize?oauth_token=t`)
  }
  t.same(visits, [])
})

t.test('uses the default endpoints when a host states none', async (t) => {
  for (const said of ['', 'null', '[]', '{"links":7}', '<html>', '{"links":[{"rel":"registration_endpoint"}]}']) {
    const host = await pump(t, { '/.well-known/host-meta.json': (_, response) => { response.end(said) } })
    t.equal((await connect(t, host)).authorizeUrl, `http://${host}/oauth/authorize?oauth_token=t`, said)
  }
  for (const status of [400, 401, 403, 404, 410]) {
    const host = await pump(t, { '/.well-known/host-meta.json': (_, response) => { response.writeHead(status).end() } })
    t.equal((await connect(t, host)).account.id, `alice@${host}`, String(status))
  }
  const host = await pump(t, { '/.well-known/host-meta.json': (_, response) => { response.writeHead(503).end() } })
  t.match((await failure(connect(t, host))).failure, { kind: 'transient' })
})

t.test('sends a registration in the format that hosts accept', async (t) => {
  const bodies: unknown[] = []
  const host = await pump(t, {
    '/api/client/register': async (request, response) => {
      bodies.push(JSON.parse(Buffer.concat(await request.toArray()).toString()))
      registers(request, response)
    }
  })
  const redirectUris = ['http://localhost:4000/cb', 'https://site.example/cb', 'http://127.0.0.1:4000/cb']
  const contacts = ['a@site.example', 'b@site.example']
  await connect(t, host, { name: 'My Site', contacts, redirectUris, logoUrl: 'https://site.example/l.png' })
  t.same(bodies, [{
    type: 'client_associate',
    application_type: 'web',
    application_name: 'My Site',
    contacts: 'a@site.example b@site.example',
    redirect_uris: 'https://site.example/cb http://127.0.0.1:4000/cb',
    logo_url: 'https://site.example/l.png'
  }])
})

t.test('refuses an invalid registration or token', async (t) => {
  for (const [path, answer] of [
    ['/api/client/register', '{}'], ['/api/client/register', '{"client_id":"a\\r\\nb","client_secret":"s"}'], ['/api/client/register', '<html>'],
    ['/oauth/request_token', 'oauth_token=t&oauth_token_secret=s'], ['/oauth/request_token', 'oauth_callback_confirmed=true'],
    ['/oauth/access_token', ''], ['/api/whoami', '{}'], ['/api/whoami', '{"preferredUsername":"../admin"}']
  ] as const) {
    const host = await pump(t, { [path]: (_, response) => { response.end(answer) } })
    t.match((await failure(connect(t, host))).failure, { kind: answer === '<html>' ? 'transient' : 'malformed' }, `${path} ${answer}`)
  }
})

t.test('follows whoami only on its own host, and signs both requests', async (t) => {
  const seen: string[] = []
  for (const origin of ['', 'http://HOST', 'https://HOST']) {
    const host = await pump(t, {
      '/api/whoami': (request, response, host) => {
        seen.push(request.headers.authorization ?? '')
        response.writeHead(302, { location: `${origin.replace('HOST', host)}/api/user/alice/profile` }).end()
      },
      '/api/user/alice/profile': (request, response) => {
        seen.push(request.headers.authorization ?? '')
        respond(response, { preferredUsername: 'alice' })
      }
    })
    t.match((await connect(t, host)).account, { id: `alice@${host}` })
  }
  t.equal(new Set(seen).size, 6, 'each has its own signature')
  for (const location of ['/api/user/alice', '/login', '//evil.example/api/user/alice/profile', 'ftp://x/']) {
    const host = await pump(t, { '/api/whoami': (_, response) => { response.writeHead(302, { location }).end() } })
    t.match((await failure(connect(t, host))).failure, { kind: 'transient' }, location)
  }
})

t.test('signs with http for a host behind a proxy, and uses https', async (t) => {
  const requests: string[] = []
  const http = pretended((request) => {
    requests.push(request.url)
    const isRight = isSigned(request, request.url.replace('https:', 'http:'))
    return isRight ? answer(200, '{"preferredUsername":"alice"}') : answer(400, 'Invalid signature')
  })
  const pumpio = createPumpio({ application })
  const credentials = { ...token, account: 'alice@proxied.example' }
  for (let time = 0; time < 2; time++) t.match(await pumpio.identify(credentials, call(t, http)), { name: 'alice@proxied.example' })
  t.same(requests, Array(3).fill('https://proxied.example/api/whoami'), 'and caches that')
})

t.test('repeats a request with a refused signature or nonce once', async (t) => {
  for (const refusal of ['Invalid signature', 'Invalid / used nonce', 'Invalid / expired Token']) {
    const authorizations: Array<string | undefined> = []
    const http = pretended((request) => {
      authorizations.push(request.headers?.['authorization'])
      return answer(400, refusal)
    })
    const error = await failure(createPumpio({ application }).identify({ ...token, account: 'alice@pump.example' }, call(t, http)))
    t.match(error.failure, { kind: 'unauthorized' }, refusal)
    t.equal(authorizations.length, refusal === 'Invalid / expired Token' ? 1 : 2, refusal)
    t.equal(new Set(authorizations).size, authorizations.length)
    t.notMatch(JSON.stringify(error), /hidden|secret/)
  }
})

function pretended (answering: (request: HttpRequest) => HttpResponse): Http {
  return { request: async (request) => answering(request), close: async () => {} }
}

function answer (status: number, body: string): HttpResponse {
  return { status, headers: {}, body: Buffer.from(body) }
}

function isSigned (request: HttpRequest, url: string): boolean {
  const pairs = [...(request.headers?.['authorization'] ?? '').matchAll(/(\w+)="([^"]*)"/g)]
  const parameters = Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, decodeURIComponent(value)]))
  const secrets = { consumerSecret: token.clientSecret, tokenSecret: token.accessTokenSecret }
  const expected = sign({ method: request.method, url }, parameters, secrets)
  return parameters['oauth_signature'] === expected
}
