import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import type { Test } from 'tap'

const run = promisify(execFile)

export interface Certificate {
  cert: string
  key: string
}

/** Creates a certificate authority in this folder, and resolves to the path of its certificate. */
export async function makeAuthority (folder: string): Promise<string> {
  const file = join(folder, 'ca.pem')
  await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=Test authority',
    '-keyout', join(folder, 'ca.key'), '-out', file])
  return file
}

export async function makeCertificate (folder: string, name: string, alternatives: string): Promise<Certificate> {
  const [request, key, cert, extensions] = ['server.csr', 'server.key', 'server.pem', 'extensions'].map((file) => join(folder, file))
  await run('openssl', ['req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-keyout', key ?? '', '-out', request ?? ''])
  await writeFile(extensions ?? '', `subjectAltName=${alternatives}\n`)
  await run('openssl', ['x509', '-req', '-days', '2', '-in', request ?? '', '-CA', join(folder, 'ca.pem'), '-CAkey', join(folder, 'ca.key'),
    '-CAcreateserial', '-extfile', extensions ?? '', '-out', cert ?? ''])
  return { cert: await readFile(cert ?? '', 'utf8'), key: await readFile(key ?? '', 'utf8') }
}

/** A port with PostgreSQL's TLS negotiation, in front of the server at `url`. */
export async function openTlsPort (t: Test, url: string, certificate: Certificate): Promise<number> {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    // The first eight bytes are the SSLRequest.
    socket.once('data', () => {
      socket.write('S')
      const secure = new TLSSocket(socket, { isServer: true, ...certificate })
      const inner = connect(Number(port), hostname)
      sockets.add(inner)
      secure.on('error', () => inner.destroy()).on('close', () => inner.destroy()).pipe(inner)
      inner.on('error', () => secure.destroy()).on('close', () => secure.destroy()).pipe(secure)
    })
  }).listen(0)
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}
