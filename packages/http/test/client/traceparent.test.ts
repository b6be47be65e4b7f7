import t from 'tap'
import { client, web } from '../local-server.ts'

t.test('sends the traceparent of the moment, and none outside of a trace', async (t) => {
  const seen: unknown[] = []
  const url = await web(t, (request, response) => {
    seen.push(request.headers['traceparent'])
    response.end()
  })
  let active: string | undefined = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const http = client(t, url, { traceparent: () => active })
  await http.request({ method: 'GET', url, headers: { accept: '*/*' } })
  const { body } = await http.stream({ method: 'GET', url, headers: { traceparent: 'of a caller' } }, new AbortController().signal)
  body.resume()
  const sent = active
  active = undefined
  await http.request({ method: 'GET', url })
  t.same(seen, [sent, sent, undefined])
})
