import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createApiKey } from '@carillon/shared/api-keys'
import { openDatabase, scopes } from '@carillon/shared/db'
import { backends, createSite, sandboxEnvironment, spawnApp, testKeys, until } from '@carillon/testing'
import t from 'tap'
import type { BackendEnvironment, Site } from '@carillon/testing'
import type { Test } from 'tap'
import { ended, importUsers } from './open-processes.ts'

interface Span {
  name: string
  traceId: string
  spanId: string
  parentSpanId?: string
  links?: Array<{ spanId: string }>
  attributes: Array<{ key: string, value: { stringValue?: string, intValue?: number } }>
  service: string
}
interface Granted {
  account: string
  accessToken: string
  refreshToken: string
}
interface Exported {
  resourceSpans: Array<{ resource: { attributes: Span['attributes'] }, scopeSpans: Array<{ spans: Span[] }> }>
}

const traceId = '0af7651916cd43dd8448eb211c80319c'
const callerSpanId = 'b7ad6b7169203331'
const parent = `00-${traceId}-${callerSpanId}-01`

for (const { kind, open } of await backends()) {
  t.test(`one trace leads from the request to the provider, with jobs in ${kind}`, async (t) => {
    const { site, url, spans, bodies, sent, key } = await openTraced(t, await open(t))
    const userIds = await importUsers(site, 2)
    const post = async (audience: object): Promise<string> => {
      const response = await fetch(`${url}/v1/notifications`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', traceparent: parent },
        body: JSON.stringify({ audience, message: { type: 'note', title: 'A private title' } })
      })
      return (await response.json() as { id: string }).id
    }
    for (const audience of [{ userIds }, { everyone: true }]) await ended(site, await post(audience))

    // A span is exported when it ends: a batch ends after its attempts, and a request after its accept.
    const own = await until(() => {
      const own = spans.filter((span) => span.traceId === traceId)
      const count = (name: string) => own.filter((span) => span.name.startsWith(name)).length
      const batches = spans.filter(({ name }) => name === 'deliver').map(({ spanId }) => spanId)
      const linked = own.filter(({ links = [] }) => links.some(({ spanId }) => batches.includes(spanId)))
      const areComplete = count('send pushbullet') === 4 && linked.length >= 4 && count('plan') > 0 && count('accept') === 2 &&
        count('POST /v1/notifications') === 2 && count('process deliver-pushbullet') > 0
      return areComplete && own
    }, { what: 'export of the spans' })
    const named = (name: string): Span[] => own.filter((span) => span.name === name)
    const requests = named('POST /v1/notifications')
    t.match(requests, [{ service: 'carillon-api', parentSpanId: callerSpanId }, { service: 'carillon-api', parentSpanId: callerSpanId }])
    const requestIds = requests.map(({ spanId }) => spanId)
    t.equal(named('accept').length, 2)
    for (const span of [...named('accept'), ...named('plan'), ...named('send pushbullet')]) {
      t.ok(requestIds.includes(span.parentSpanId ?? ''), `${span.name} is a child of the request`)
    }
    t.ok(own.some(({ name }) => name.startsWith('process deliver-pushbullet')), 'the job is part of the trace')
    const batches = spans.filter(({ name }) => name === 'deliver').map(({ spanId }) => spanId)
    for (const { links = [], service } of named('send pushbullet')) {
      t.equal(service, 'carillon-worker')
      t.ok(links.some(({ spanId }) => batches.includes(spanId)), 'an attempt is linked to its batch')
    }
    const attempts = named('send pushbullet').map(({ spanId }) => `00-${traceId}-${spanId}-01`)
    t.same(sent.toSorted(), attempts.sort(), 'the provider gets the span of the attempt')
    t.notMatch(bodies.join(''), /private title|access_?token|[Bb]earer/, 'spans contain no secret and no text of a message')

    const { account, accessToken, refreshToken } = await expireAccount(site)
    const { webhook, webhooks } = await openWebhook(t)
    await site.api('POST', '/v1/endpoints', { body: { url: webhook, events: ['notification.completed'] } })
    await site.api('POST', '/v1/connections/import', {
      body: { connections: [{ userId: account, provider: 'blotre', credentials: { accessToken, refreshToken }, account: { id: account, name: account } }] }
    })
    await ended(site, await post({ userIds: [account] }))
    const find = (name: string) => until(() => spans.find((span) => span.name === name), { what: name })
    const [refresh, attempt, request] = [await find('refresh blotre'), await find('send blotre'), await find('send webhook')]
    t.match(refresh, { traceId, parentSpanId: attempt.spanId, service: 'carillon-worker' }, 'a refresh is part of the attempt')
    t.equal(attributesOf(refresh)['carillon.outcome'], 'fresh')
    t.match(attributesOf(request), {
      'carillon.event.id': webhooks[0], 'carillon.event.type': 'notification.completed', 'carillon.outcome': 'succeeded', 'http.response.status_code': 200
    })
    t.notMatch(bodies.join(''), /whsec_|access_?token|[Bb]earer/)

    await fetch(`${url}/problems`, { headers: { traceparent: `00-${'0'.repeat(32)}-${callerSpanId}-01` } })
    const untraced = await until(() => spans.find(({ name }) => name === 'GET /problems'))
    t.match(untraced.traceId, /^(?!0{32})[\da-f]{32}$/, 'an invalid traceparent starts a new trace')
    t.notOk(untraced.parentSpanId)
  })
}

function attributesOf ({ attributes }: Span): Record<string, string | number | undefined> {
  return Object.fromEntries(attributes.map(({ key, value: { stringValue, intValue } }) => [key, stringValue ?? intValue]))
}

/** An account at Blot're whose access token has expired. */
async function expireAccount (site: Site): Promise<Granted> {
  const { data: [granted] } = await site.control<{ data: Granted[] }>('POST', '/accounts', { provider: 'blotre', count: 1 })
  if (granted === undefined) throw new Error('the simulator created no account')
  await site.control('POST', '/tokens/expire', { provider: 'blotre', account: granted.account })
  return granted
}

/** An endpoint of a site. `webhooks` has the ids of the received events. */
async function openWebhook (t: Test): Promise<{ webhook: string, webhooks: string[] }> {
  const webhooks: string[] = []
  const webhook = await listen(t, async ({ headers }) => {
    webhooks.push(String(headers['webhook-id']))
    return { status: 200, body: '' }
  })
  return { webhook, webhooks }
}

/** An API and a worker that export their spans to this test, and a server that reads the headers of requests to Pushbullet. */
async function openTraced (t: Test, stores: BackendEnvironment) {
  const spans: Span[] = []
  const bodies: string[] = []
  const collector = await listen(t, async (request) => {
    const body = await text(request)
    bodies.push(body)
    for (const { resource, scopeSpans } of (JSON.parse(body) as Exported).resourceSpans) {
      const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? ''
      spans.push(...scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, service }))))
    }
    return { status: 200, body: '{}' }
  })
  const sandbox = spawnApp(t, 'sandbox', { env: { SANDBOX_PORT: '0' } })
  const { url: sandboxUrl } = await sandbox.ready
  const simulated = await sandboxEnvironment(sandboxUrl, 'pushbullet', 'blotre')
  const sent: string[] = []
  const { PUSHBULLET_API_URL: apiOfProvider = '' } = simulated
  const provider = await listen(t, async (request) => {
    if (request.url?.endsWith('/pushes')) sent.push(String(request.headers['traceparent']))
    const body = await text(request)
    const { 'access-token': accessToken, authorization, 'content-type': type } = request.headers
    const headers = Object.entries({ 'access-token': accessToken, authorization, 'content-type': type })
      .flatMap(([name, value]) => value === undefined ? [] : [[name, String(value)] as [string, string]])
    const response = await fetch(`${apiOfProvider}${request.url ?? ''}`, {
      method: request.method ?? 'GET', headers, ...body !== '' && { body }
    })
    return { status: response.status, body: await response.text() }
  })
  const env = {
    ...stores,
    ...simulated,
    PUSHBULLET_API_URL: provider,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector,
    OTEL_BSP_SCHEDULE_DELAY: '100',
    CARILLON_KEYS: testKeys(),
    PORT: '0'
  }
  const [{ url }] = await Promise.all([spawnApp(t, 'api', { env }).ready, spawnApp(t, 'worker', { env }).ready])
  const database = openDatabase({ url: stores.DATABASE_URL, max: 1 })
  t.teardown(() => database.close())
  const { key } = await createApiKey(database, { name: 'test', scopes: [...scopes] })
  return { site: createSite({ apiUrl: url, sandboxUrl, operatorKey: key }), url, key, spans, bodies, sent }
}

async function listen (
  t: Test, respond: (request: IncomingMessage) => Promise<{ status: number, body: string }>
): Promise<string> {
  const server = createServer((request, response) => {
    respond(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    }, () => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
