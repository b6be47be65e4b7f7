import { request } from 'node:http'
import t from 'tap'
import type { IncomingMessage } from 'node:http'
import { openTestPump } from './open-test-pump.ts'

const pump = await openTestPump(t)
const person = await pump.join()

type Link = { rel: string, href?: string, template?: string, type?: string }

/** Without an Accept header, which `fetch` always sends. */
async function bare (path: string): Promise<{ type: string | undefined, text: string }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(pump.url + path).on('response', resolve).on('error', reject).end()
  })
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return { type: response.headers['content-type'], text }
}

t.test('lists every address in host-meta.json', async (t) => {
  const { status, json } = await pump.call('/.well-known/host-meta.json')
  t.equal(status, 200)
  t.same((json['links'] as Link[]).map(({ rel, href, template }) => [rel, (href ?? template)?.replace(pump.url, '')]), [
    ['lrdd', '/api/lrdd?resource={uri}'],
    ['lrdd', '/.well-known/webfinger?resource={uri}'],
    ['registration_endpoint', '/api/client/register'],
    ['http://apinamespace.org/oauth/request_token', '/oauth/request_token'],
    ['http://apinamespace.org/oauth/authorize', '/oauth/authorize'],
    ['http://apinamespace.org/oauth/access_token', '/oauth/access_token'],
    ['dialback', '/api/dialback'],
    ['http://apinamespace.org/activitypub/whoami', '/api/whoami']
  ])
})

t.test('returns host-meta as JSON to clients that accept it or anything', async (t) => {
  for (const accept of ['application/json', '*/*', 'application/xrd+xml, application/*;q=0.1']) {
    const { type, json } = await pump.call('/.well-known/host-meta', { headers: { accept } })
    t.equal(type, 'application/json; charset=utf-8', accept)
    t.ok(Array.isArray(json['links']), accept)
  }
  const refused = await pump.call('/.well-known/host-meta', { headers: { accept: 'application/xrd+xml, application/json;q=0' } })
  t.equal(refused.type, 'application/xrd+xml')
  const { type, text } = await bare('/.well-known/host-meta')
  t.equal(type, 'application/xrd+xml')
  t.match(text, `<Link rel="registration_endpoint" href="${pump.url}/api/client/register" />`)
})

t.test('uses the requested host name', async (t) => {
  const { json } = await pump.call('/.well-known/host-meta.json')
  t.match(json['links'], [{ template: pump.url }])
  const other = pump.url.replace('127.0.0.1', 'localhost')
  const { links } = await (await fetch(`${other}/.well-known/host-meta.json`)).json() as { links: Link[] }
  t.match(links, [{ template: other }])
})

t.test('finds a person by webfinger, and omits the subject', async (t) => {
  const { status, json } = await pump.call(`/.well-known/webfinger?resource=acct:${person.account}`)
  t.equal(status, 200)
  t.same(Object.keys(json), ['links'])
  t.same((json['links'] as Link[]).map(({ rel, href }) => [rel, href?.replace(pump.url, '')]), [
    ['http://webfinger.net/rel/profile-page', '/user-1'],
    ['dialback', '/api/dialback'],
    ['self', '/api/user/user-1/profile'],
    ['activity-inbox', '/api/user/user-1/inbox'],
    ['activity-outbox', '/api/user/user-1/feed'],
    ['followers', '/api/user/user-1/followers'],
    ['following', '/api/user/user-1/following'],
    ['favorites', '/api/user/user-1/favorites'],
    ['lists', '/api/user/user-1/lists/person']
  ])
})

t.test('reports why webfinger finds nothing, as text to clients that do not accept HTML', async (t) => {
  const webfinger = (query: string): ReturnType<typeof pump.call> => {
    return pump.call(`/.well-known/webfinger${query}`, { headers: { accept: 'application/json' } })
  }
  t.match(await webfinger(''), { status: 400, type: 'text/plain', text: 'No resource parameter' })
  t.match(await webfinger('?resource=acct:alice@elsewhere.example'), { status: 404, text: 'Unrecognized host' })
  t.match(await webfinger(`?resource=${person.account}`), { status: 404, text: 'Unrecognized host' }, 'a colon makes it a URI')
  t.match(await webfinger(`?resource=acct:nobody@${pump.host}`), { status: 404, text: "No such 'user' with id 'nobody'" })
  const page = await pump.call('/.well-known/webfinger', { headers: { accept: 'text/html' } })
  t.match(page, { status: 400, type: 'text/html; charset=utf-8', text: 'No resource parameter' })
})

t.test('returns lrdd like host-meta', async (t) => {
  const { type, text } = await bare(`/api/lrdd?resource=acct:${person.account}`)
  t.equal(type, 'application/xrd+xml')
  t.match(text, '<Link rel="activity-outbox"')
  t.match(await pump.call('/api/lrdd'), { status: 400, json: { error: 'No resource parameter' } })
})

t.test('sends the time of the sandbox\'s clock', async (t) => {
  await pump.control('/clock', { advanceSeconds: 3600 })
  const { headers } = await pump.call('/.well-known/host-meta.json')
  const aheadMs = Date.parse(headers.get('date') ?? '') - Date.now()
  t.ok(aheadMs > 3_500_000 && aheadMs < 3_700_000)
})
