import { constants } from 'node:crypto'
import { createServer } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { findProgram } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { client, failure, listen } from '../../local-server.ts'
import { makeCertificate } from '../../make-certificate.ts'

const openssl = await findProgram(t, ['openssl'], 'CARILLON_REQUIRE_OPENSSL')
const skip = openssl === undefined && 'there is no openssl'

/** A server that closes each connection after its response, and records whether the TLS session was resumed. */
async function openServer (t: Test, name: string, maxVersion: 'TLSv1.2' | 'TLSv1.3') {
  const { key, cert } = await makeCertificate(t, name)
  const resumed: boolean[] = []
  const server = createServer({ key, cert, maxVersion }, (_, response) => { response.setHeader('connection', 'close').end('ok') })
  server.on('secureConnection', (socket: TLSSocket) => { resumed.push(socket.isSessionReused()) })
  const port = await listen(t, server)
  return { url: `https://127.0.0.1:${port}`, port, cert, resumed }
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`resumes the TLS session in the next connection, with ${version}`, { skip }, async (t) => {
    const { url, port, cert, resumed } = await openServer(t, 'IP:127.0.0.1,DNS:localhost', version)
    const http = client(t, url, { certificateAuthorities: cert, allowPrivateHosts: ['127.0.0.0/8', '::1'] })
    for (let count = 0; count < 3; count++) t.equal((await http.request({ method: 'GET', url })).status, 200)
    t.same(resumed.splice(0), [false, true, true])
    const guarded = { method: 'GET', url: `https://localhost:${port}`, isGuarded: true } as const
    for (let count = 0; count < 2; count++) t.equal((await http.request(guarded)).status, 200)
    t.same(resumed, [false, true], 'a guarded host has sessions of its own')
  })

  t.test(`never accepts a certificate for another name, with ${version}`, { skip }, async (t) => {
    const { url, cert } = await openServer(t, 'DNS:other.example', version)
    const http = client(t, url, { certificateAuthorities: cert })
    for (let count = 0; count < 3; count++) {
      const { code, detail } = await failure(http.request({ method: 'GET', url }))
      t.same([code, detail], ['tls', 'ERR_TLS_CERT_ALTNAME_INVALID'])
    }
  })
}

t.test('does not offer a session again that the server refuses', { skip }, async (t) => {
  const { key, cert } = await makeCertificate(t, 'IP:127.0.0.1')
  let refused = 0
  // Only sessions without tickets reach `resumeSession`.
  const server = createServer({ key, cert, maxVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_TICKET }, (_, response) => {
    response.setHeader('connection', 'close').end('ok')
  })
  const ids = new Set<string>()
  server.on('newSession', (id: Buffer, _, done: () => void) => {
    ids.add(id.toString('hex'))
    done()
  })
  server.on('resumeSession', (id: Buffer, done) => {
    const isKnown = ids.has(id.toString('hex'))
    if (isKnown) refused++
    done(isKnown ? new Error('refused') : null, null)
  })
  const url = `https://127.0.0.1:${await listen(t, server)}`
  const http = client(t, url, { certificateAuthorities: cert })
  const request = async () => (await http.request({ method: 'GET', url })).status
  t.equal(await request(), 200)
  await failure(request())
  t.equal(await request(), 200)
  t.equal(refused, 1)
})
