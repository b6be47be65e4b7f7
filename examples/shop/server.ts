import { Carillon, verifyWebhook } from '@carillon/sdk'
import type { Event } from '@carillon/sdk'
import Fastify from 'fastify'
import type { FastifyRequest } from 'fastify'
import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { readFile } from 'node:fs/promises'

const { CARILLON_API_URL: baseUrl = '', CARILLON_API_KEY: apiKey = '', PORT = '8080' } = process.env
const carillon = new Carillon({ apiKey, baseUrl })
const page = (await readFile(new URL('index.html', import.meta.url), 'utf8')).replace('{{baseUrl}}', baseUrl)
const script = await readFile(new URL(import.meta.resolve('@carillon/sdk/browser')), 'utf8')
/** What each event means for the shop. */
const stateAfter = new Map<Event['type'], string>([
  ['connection.connected', 'connected'],
  ['connection.restored', 'connected'],
  ['connection.needs_reauth', 'reconnect'],
  ['connection.revoked', 'reconnect'],
  ['connection.disconnected', 'not connected']
])

// The shop keeps everything in memory. Your site has a database, and a sign-in: here each browser is a user.
const userOfSession = new Map<string, string>()
const states = new Map<string, { state: string, since: string }>()
const changes = new EventEmitter()

// Your site creates its endpoint once and stores the secret. The shop forgets it, so it replaces the endpoint of its last run.
const url = `http://127.0.0.1:${PORT}/webhooks`
for await (const endpoint of carillon.endpoints.list()) if (endpoint.url === url) await carillon.endpoints.delete(endpoint.id)
const { secret } = await carillon.endpoints.create({ url, events: [...stateAfter.keys()], description: 'Teapot Shop' })

const app = Fastify()
// The signature of a webhook covers the text as it arrived.
app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => { done(null, body) })

app.get('/', async (request, reply) => {
  if (readUser(request) === undefined) {
    const session = randomUUID()
    userOfSession.set(session, randomUUID())
    reply.header('set-cookie', `session=${session}; HttpOnly; SameSite=Lax; Path=/`)
  }
  return reply.type('text/html').send(page)
})

app.get('/carillon.js', async (_request, reply) => reply.type('text/javascript').send(script))

app.post('/token', async (request) => (await carillon.users.token({ userId: requireUser(request), displayName: 'A customer' })).token)

app.post('/notify', async (request) => {
  const message = { type: 'note', title: 'Your teapot is ready', body: 'Pick it up until 18:00.' } as const
  return await carillon.notifications.send({ audience: { userIds: [requireUser(request)] }, message })
})

/** The state now and after each change, as server-sent events. */
app.get('/state', (request, reply) => {
  const userId = requireUser(request)
  const send = () => { reply.raw.write(`data: ${states.get(userId)?.state ?? 'not connected'}\n\n`) }
  reply.hijack().raw.writeHead(200, { 'content-type': 'text/event-stream' })
  changes.on(userId, send)
  reply.raw.on('close', () => { changes.off(userId, send) })
  send()
})

app.post<{ Body: string }>('/webhooks', async (request, reply) => {
  const event = await verifyWebhook(request.body, request.headers, secret).catch(() => undefined)
  if (event === undefined) return reply.code(401).send('The signature does not fit')
  if (event.type === 'endpoint.test' || !('userId' in event.data)) return reply.code(204).send()
  const { userId } = event.data
  const state = stateAfter.get(event.type)
  // Events may arrive twice, or in another order than they happened.
  if (state !== undefined && userId !== null && event.createdAt >= (states.get(userId)?.since ?? '')) {
    states.set(userId, { state, since: event.createdAt })
    changes.emit(userId)
  }
  return reply.code(204).send()
})

function readUser ({ headers: { cookie = '' } }: FastifyRequest): string | undefined {
  return userOfSession.get(/(?:^|; )session=([^;]+)/.exec(cookie)?.[1] ?? '')
}

function requireUser (request: FastifyRequest): string {
  const userId = readUser(request)
  if (userId === undefined) throw Object.assign(new Error('Open the page of the shop first'), { statusCode: 401 })
  return userId
}

await app.listen({ port: Number(PORT) })
console.log(`The shop is at http://127.0.0.1:${PORT}`)
