import { until } from '@carillon/testing'
import type { ServerResponse } from 'node:http'
import t from 'tap'
import { openApi } from '../../src/api/open-api.ts'
import { readEvents } from '../../src/events/read-events.ts'
import { problem, serve } from '../serve.ts'

type Reply = (response: ServerResponse) => void

const stream = (text: string, end: Reply = (response) => { response.end() }): Reply => (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(text, () => { end(response) })
}
const isOver = (response: ServerResponse) => { response.writeHead(204).end() }
const read = (url: string, options = {}) => readEvents(openApi({ apiKey: 'ck_1', baseUrl: url }), '/v1/events/stream', options)

t.test('continues after the last event when the connection ends or breaks, until there will be no more', async (t) => {
  const { url, received } = await serve(t,
    stream('retry: 1\n\nid: a\nevent: sent\ndata: {"n":\ndata: 1}\n\n: comment\n\nid: b\ndata: 2\n\nid: c\ndata: no blank line'),
    problem(503, 'unavailable', { headers: { 'retry-after': '0' } }),
    stream('id: c\ndata: 3\n\n', (response) => { response.socket?.destroy() }),
    isOver)
  const events = []
  for await (const event of read(url, { lastEventId: 'z' })) events.push(event)
  t.same(events, [
    { type: 'sent', id: 'a', data: '{"n":\n1}' }, { type: 'message', id: 'b', data: '2' }, { type: 'message', id: 'c', data: '3' }
  ])
  t.same(received.map(({ headers }) => headers['last-event-id']), ['z', 'b', 'b', 'c'])
  t.match(received[0]?.headers, { accept: 'text/event-stream', authorization: 'Bearer ck_1' })
})

t.test('closes the connection when the caller leaves the loop', async (t) => {
  let open: ServerResponse | undefined
  const { url } = await serve(t, stream('data: 1\n\n', (response) => { open = response }))
  const seen = []
  for await (const { data } of read(url)) {
    seen.push(data)
    if (data === '1') break
  }
  await until(() => open?.closed)
  t.same(seen, ['1'])
})

t.test('throws what cannot pass, and the reason of the signal', async (t) => {
  const { url, received } = await serve(t, problem(404, 'notFound'))
  await t.rejects(read(url).next(), { name: 'CarillonError', code: 'notFound' })
  t.equal(received.length, 1)
  const endless = await serve(t, stream('data: 1\n\n', () => {}))
  const leave = new AbortController()
  const events = read(endless.url, { signal: leave.signal })
  await events.next()
  const next = t.rejects(events.next(), { message: 'enough' })
  leave.abort(new Error('enough'))
  await next
})
