import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { openApiClient } from '../src/api-client.ts'

async function clientOf (t: Test, listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close().closeAllConnections() })
  const { port } = server.address() as AddressInfo
  return await openApiClient({ CARILLON_API_URL: `http://127.0.0.1:${port}`, CARILLON_API_KEY: 'ck_secret' })
}

t.test('parses events from chunks of any size, and sends the last event id', async (t) => {
  const api = await clientOf(t, async (request, response) => {
    t.match(request.headers, { authorization: 'Bearer ck_secret', accept: 'text/event-stream', 'last-event-id': '7' })
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const piece of ['retry: 2000\n\n:\n\nevent: pro', 'gress\nid: 8\ndata: {"title":"Gr\u00fc']) response.write(piece)
    response.end('\u00dfe"}\n\n')
  })
  const events = []
  for await (const event of api.events('/events', { lastEventId: '7', signal: new AbortController().signal })) events.push(event)
  t.match(events, [{ event: 'open' }, { event: 'progress', id: '8', data: '{"title":"Grüße"}' }])
})

t.test('throws if the event stream breaks off, and reports its end', async (t) => {
  const api = await clientOf(t, (_request, response) => {
    response.write('event: progress\ndata: {}\n\n', () => response.destroy())
  })
  const { signal } = new AbortController()
  await t.rejects(async () => { for await (const { event } of api.events('/events', { lastEventId: undefined, signal })) t.ok(event) })

  const over = await clientOf(t, (_request, response) => { response.writeHead(204).end() })
  const events = []
  for await (const { event } of over.events('/events', { lastEventId: undefined, signal })) events.push(event)
  t.same(events, ['over'])
})

t.test('repeats the API\'s problem, and nothing of a response without one', async (t) => {
  const responses = [
    [400, '{"title":"Wrong","detail":"Look","errors":[{"path":"a.b","message":"is missing"}]}'], [404, '<html>'], [503, '{"title":"Busy"}'],
    [400, '{"detail":"a.b is missing (and 1 more)","errors":[{"path":"a.b","message":"is missing"},{"path":"","message":"is odd"}]}'],
    [500, '{"title":"Wrong","detail":"It has been logged under its id"}', '0d1f'],
    [404, '{"detail":"Not here"}', '0d1f'],
    [502, '<html>', '0d1f']
  ] as const
  const api = await clientOf(t, (request, response) => {
    const [status, body, requestId] = responses[Number(request.url?.slice(1))] ?? [500, '']
    response.writeHead(status, requestId === undefined ? {} : { 'x-request-id': requestId }).end(body)
  })
  await t.rejects(api.post('/0', {}), { status: 400, exitCode: 2, message: / returned 400: Look; a\.b is missing$/ })
  await t.rejects(api.get('/1'), { status: 404, exitCode: 1, message: / returned 404: no explanation$/ })
  await t.rejects(api.get('/2'), { status: 503, exitCode: 1, message: / returned 503: Busy$/ })
  await t.rejects(api.get('/3'), { status: 400, exitCode: 2, message: / returned 400: a\.b is missing; is odd$/ }, 'each error once')
  await t.rejects(api.get('/4'), { message: / returned 500: It has been logged under its id \(request 0d1f\)$/ }, 'with the request id of the log')
  await t.rejects(api.get('/5'), { message: / returned 404: Not here$/ })
  await t.rejects(api.get('/6'), { message: / returned 502: no explanation \(request 0d1f\)$/ })
})
