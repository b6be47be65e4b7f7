import { createServer } from 'node:http'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import t from 'tap'
import type { Test } from 'tap'
import { fetchFile } from '../../src/files/fetch-file.ts'
import type { HttpOptions } from '../../src/client/http.ts'
import { createHttp } from '../../src/client/http.ts'
import { ProviderError } from '../../src/responses/provider-error.ts'
import { listen, web } from '../local-server.ts'

const maxBytes = 1_000
const text = 'file content ü '.repeat(20)

t.test('decodes a download that the server has encoded against the request', async (t) => {
  const encodings: Array<[string, (bytes: Buffer) => Buffer]> = [
    ['gzip', gzipSync], ['X-GZIP', gzipSync], ['deflate', deflateSync], ['deflate', deflateRawSync], ['br', brotliCompressSync],
    ['gzip, br', (bytes) => brotliCompressSync(gzipSync(bytes))], ['identity', (bytes) => bytes]
  ]
  for (const [encoding, encode] of encodings) {
    let asked: unknown
    const url = await web(t, (request, response) => {
      asked = request.headers['accept-encoding']
      response.setHeader('content-encoding', encoding).end(encode(Buffer.from(text)))
    })
    t.equal((await fetchFile(url, maxBytes, reach(t))).toString(), text, encoding)
    t.equal(asked, 'identity')
  }
})

t.test('limits the size of a decoded file, and refuses one that it cannot decode', async (t) => {
  const cases = [
    ['gzip', gzipSync(Buffer.alloc(maxBytes + 1)), { kind: 'rejected', reason: 'file is larger than 1000 bytes' }],
    ['br', brotliCompressSync(Buffer.alloc(50_000_000)), { kind: 'rejected', reason: 'file is larger than 1000 bytes' }],
    ['gzip', Buffer.from('not gzip'), { kind: 'malformed', reason: 'file is not encoded as its server says' }],
    ['gzip', gzipSync(Buffer.from(text)).subarray(0, 30), { kind: 'malformed', reason: 'file is not encoded as its server says' }],
    ['zstd', Buffer.from('x'), { kind: 'rejected', reason: /other than gzip/ }],
    ['gzip, zstd', gzipSync(Buffer.from(text)), { kind: 'rejected', reason: /other than gzip/ }],
    ['gzip, gzip', gzipSync(gzipSync(Buffer.alloc(50_000_000))), { kind: 'rejected', reason: 'file is larger than 1000 bytes' }]
  ] as const
  for (const [encoding, body, expected] of cases) {
    const url = await web(t, (_, response) => { response.setHeader('content-encoding', encoding).end(body) })
    t.match((await failure(fetchFile(url, maxBytes, reach(t)))).failure, expected, encoding)
  }
  const exact = await web(t, (_, response) => { response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(maxBytes))) })
  t.equal((await fetchFile(exact, maxBytes, reach(t))).length, maxBytes)
})

t.test('follows up to five redirects, without any credentials', async (t) => {
  const seen: Array<{ url: string | undefined, headers: string[] }> = []
  const other = await web(t, (request, response) => {
    seen.push({ url: request.url, headers: Object.keys(request.headers) })
    response.end('there')
  })
  const url = await web(t, (request, response) => {
    const left = Number(request.url?.slice(1))
    const locations = ['', `${other.replace('//', '//user:secret@')}/end?q=1#part`]
    response.writeHead([301, 302, 303, 307, 308][left % 5] ?? 302, { location: locations[left] ?? `./${left - 1}`, 'set-cookie': 'a=b' }).end()
  })
  t.equal((await fetchFile(`${url}/5`, maxBytes, reach(t))).toString(), 'there')
  t.match(seen, [{ url: '/end?q=1' }])
  t.same(seen[0]?.headers.sort(), ['accept', 'accept-encoding', 'connection', 'host', 'user-agent'])
  t.match((await failure(fetchFile(`${url}/6`, maxBytes, reach(t)))).failure, { kind: 'rejected', reason: 'file server redirects more than 5 times' })
  t.equal(seen.length, 1)
})

t.test('guards every redirect, even to a trusted origin', async (t) => {
  let visits = 0
  const port = await listen(t, createServer((_, response) => { visits++; response.end('secret') }))
  const trusted = `http://127.0.0.1:${port}`
  const targets = [`${trusted}/`, `http://localhost:${port}/`, `http://[::ffff:127.0.0.1]:${port}/`, 'http://169.254.169.254/latest/meta-data']
  for (const target of targets) {
    const first = await web(t, (_, response) => { response.writeHead(302, { location: target }).end() })
    const { port: ownPort } = new URL(first)
    const host = 'files.example'
    // Only the first host is permitted, by its name.
    const http = openHttp(t, { trustedOrigins: [trusted], allowPrivateHosts: [] })
    const call = { ...reach(t), http: { ...http, request: rewritten(t, http, host, first) } }
    const { failure: refusal } = await failure(fetchFile(`http://${host}:${ownPort}/`, maxBytes, call))
    t.match(refusal, { reason: target.includes('localhost') ? 'no usable address for this host name' : 'not allowed' }, target)
    t.match((await failure(fetchFile(target, maxBytes, { ...reach(t), http }))).failure, refusal, `${target} itself`)
  }
  t.equal(visits, 0)
})

t.test('does not follow a redirect to an invalid URL', async (t) => {
  for (const location of ['file:///etc/passwd', 'ftp://files.example/', 'javascript:1', 'http://', 'http://[::1']) {
    const url = await web(t, (_, response) => { response.writeHead(302, { location }).end() })
    t.match((await failure(fetchFile(url, maxBytes, reach(t)))).failure, { kind: 'rejected', reason: /neither http nor https/ }, location)
  }
  const without = await web(t, (_, response) => { response.writeHead(302).end() })
  t.match((await failure(fetchFile(without, maxBytes, reach(t)))).failure, { kind: 'rejected', reason: /without a usable address/ })
})

function openHttp (t: Test, options: Partial<HttpOptions> = {}) {
  const http = createHttp({ trustedOrigins: [], allowPrivateHosts: ['127.0.0.1'], ...options })
  t.teardown(() => http.close())
  return http
}

function reach (t: Test) {
  return { http: openHttp(t), signal: new AbortController().signal, now: Date.now }
}

/** The first request goes to a test server, and all others to `http`. */
function rewritten (t: Test, http: ReturnType<typeof createHttp>, host: string, first: string): typeof http.request {
  const open = openHttp(t)
  return (request, signal) => {
    if (new URL(request.url).hostname === host) return open.request({ ...request, url: first }, signal)
    return http.request(request, signal)
  }
}

async function failure (promise: Promise<unknown>): Promise<ProviderError> {
  const error: unknown = await promise.then(() => undefined, (error: unknown) => error)
  if (error instanceof ProviderError) return error
  throw new Error('expected a ProviderError', { cause: error })
}
