import t from 'tap'
import { until } from '@carillon/testing'
import { client, failure, web, wire } from '../local-server.ts'

t.test('limits the time to connect', async (t) => {
  const url = (await wire(t, () => {})).replace('http:', 'https:')
  const error = await failure(client(t, url, { connectTimeoutMs: 50 }).request({ method: 'GET', url }))
  t.equal(error.code, 'timeout')
  t.equal(error.detail, 'UND_ERR_CONNECT_TIMEOUT')
})

t.test('limits the time until the headers', async (t) => {
  const url = await web(t, () => {})
  const error = await failure(client(t, url, { headersTimeoutMs: 50 }).request({ method: 'GET', url }))
  t.equal(error.code, 'timeout')
  t.equal(error.detail, 'UND_ERR_HEADERS_TIMEOUT')
})

t.test('limits the pauses within a body', async (t) => {
  const url = await web(t, (_, response) => { response.write('begun') })
  const error = await failure(client(t, url, { bodyTimeoutMs: 50 }).request({ method: 'GET', url }))
  t.equal(error.code, 'timeout')
  t.equal(error.detail, 'UND_ERR_BODY_TIMEOUT')
})

t.test('limits the total time of a slow response', async (t) => {
  const url = await web(t, (_, response) => {
    const drip = setInterval(() => response.write('.'), 5)
    response.once('close', () => clearInterval(drip))
  })
  const http = client(t, url, { totalTimeoutMs: 100 })
  t.equal((await failure(http.request({ method: 'GET', url }))).code, 'timeout')
})

t.test('allows one request a longer timeout', async (t) => {
  const url = await web(t, (_, response) => { setTimeout(() => response.end('late'), 150) })
  const http = client(t, url, { totalTimeoutMs: 50, headersTimeoutMs: 50 })
  t.equal((await http.request({ method: 'GET', url, timeoutMs: 5_000 })).body.toString(), 'late')
})

t.test('includes the wait for a free connection, and never sends an aborted request', async (t) => {
  const paths: Array<string | undefined> = []
  const url = await web(t, (request, response) => {
    paths.push(request.url)
    if (request.url !== '/hang') response.end('ok')
  })
  const http = client(t, url, { connectionsPerOrigin: 1 })
  const hang = failure(http.request({ method: 'GET', url: `${url}/hang`, timeoutMs: 200 }))
  t.equal((await failure(http.request({ method: 'POST', url: `${url}/queued`, timeoutMs: 20 }))).code, 'timeout')
  t.equal((await hang).code, 'timeout')
  t.equal((await http.request({ method: 'GET', url: `${url}/next` })).status, 200)
  t.same(paths, ['/hang', '/next'])
})

t.test('stops reading a response above the limit, whatever its stated length', async (t) => {
  const piece = Buffer.alloc(16 * 1024, 'x')
  const heads = ['transfer-encoding: chunked', `content-length: ${50_000_000}`, 'connection: close']
  for (const head of heads) {
    let sent = 0
    const url = await wire(t, (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`)
      const pour = () => {
        while (!socket.destroyed && sent < 50_000_000) {
          sent += piece.length
          if (head.includes('chunked')) socket.write(`${piece.length.toString(16)}\r\n`)
          const more = socket.write(piece)
          if (head.includes('chunked')) socket.write('\r\n')
          if (!more) return socket.once('drain', pour)
        }
      }
      pour()
    })
    const error = await failure(client(t, url, { maxResponseBytes: 100_000 }).request({ method: 'GET', url }))
    t.equal(error.code, 'tooLarge', head)
    t.ok(sent < 20_000_000, `${head}: the connection was dropped after ${sent} bytes`)
  }
})

t.test('accepts a response of exactly the limit, which a request may set itself', async (t) => {
  const url = await web(t, (_, response) => { response.end('x'.repeat(1_000)) })
  const http = client(t, url, { maxResponseBytes: 10 })
  t.equal((await http.request({ method: 'GET', url, maxResponseBytes: 1_000 })).body.length, 1_000)
  t.equal((await failure(http.request({ method: 'GET', url, maxResponseBytes: 999 }))).code, 'tooLarge')
})

t.test('returns the start of a long response where its rest does not matter, and drops the connection', async (t) => {
  let isClosed = false
  const url = await web(t, (_, response) => {
    const more = setInterval(() => response.write('x'.repeat(10_000)), 1)
    response.on('close', () => {
      clearInterval(more)
      isClosed = true
    })
  })
  const response = await client(t, url).request({ method: 'POST', url, maxResponseBytes: 999, cutsResponse: true })
  t.match(response, { status: 200, body: Buffer.from('x'.repeat(999)) })
  await until(async () => isClosed, { what: 'the end of the connection' })
})
