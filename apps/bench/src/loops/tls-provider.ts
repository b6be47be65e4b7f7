import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createSecureServer } from 'node:http2'
import type { ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/**
 * A process that accepts pushes over TLS with HTTP/2, and counts their guids. It makes a certificate with openssl, and reports
 * the file to trust.
 */
const guids = new Set<string>()
let repeated = 0

process.on('message', (order: 'usage' | { certificate: true } | { counts: true } | { reset: true }) => {
  if (order === 'usage') return
  if ('certificate' in order) process.send?.({ path: certificate })
  else if ('counts' in order) process.send?.({ distinct: guids.size, repeated })
  else {
    guids.clear()
    repeated = 0
    process.send?.({ distinct: 0 })
  }
})

const folder = await mkdtemp(join(tmpdir(), 'carillon-bench-tls-'))
const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
await promisify(execFile)('openssl', [
  'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=Bench',
  '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate
])
process.on('disconnect', () => { rm(folder, { recursive: true, force: true }).finally(() => process.exit()) })

const server = createSecureServer({
  key: await readFile(key), cert: await readFile(certificate), settings: { maxConcurrentStreams: 128 }
})
server.on('stream', (stream) => {
  stream.on('error', () => {})
  receive(stream)
})
server.listen(0, '127.0.0.1', () => {
  process.send?.({ ready: true, url: `https://127.0.0.1:${(server.address() as AddressInfo).port}` })
})

function receive (stream: ServerHttp2Stream): void {
  let text = ''
  stream.setEncoding('utf8')
  stream.on('data', (part: string) => { text += part })
  stream.on('end', () => {
    const { guid, type } = JSON.parse(text) as { guid: string, type: string }
    if (guids.has(guid)) repeated++
    guids.add(guid)
    stream.respond({ ':status': 200, 'content-type': 'application/json; charset=utf-8' })
    stream.end(JSON.stringify({ iden: `push${guids.size}`, active: true, type, guid }))
  })
}
