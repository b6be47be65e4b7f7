import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createHttp } from '@carillon/http'
import { createMemoryRegistrations } from '@carillon/clients'
import { SMTPServer } from 'smtp-server'
import type { SMTPServerOptions } from 'smtp-server'
import t from 'tap'
import type { Test } from 'tap'
import { loadConfig } from '../../../src/config/index.ts'
import { email } from '../../../src/providers/email/index.ts'
import { failureOf } from './open-email.ts'

/** Connections to this address reach servers at 127.0.0.1, but nothing about it says so. */
const otherHost = '0.0.0.0'

/** A server with a certificate that no client trusts. Records whether logins and mails came over TLS. */
async function openServer (t: Test, options: SMTPServerOptions = {}) {
  const logins: boolean[] = []
  const mails: boolean[] = []
  const server = new SMTPServer({
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 100,
    ...options,
    onAuth (auth, { secure }, callback) {
      logins.push(secure)
      callback(null, { user: auth.username })
    },
    onData (stream, { secure }, callback) {
      mails.push(secure)
      stream.resume().on('end', () => callback())
    }
  })
  // Clients that do not trust the certificate end the connection.
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  t.teardown(() => new Promise<void>((resolve) => { server.close(() => { resolve() }) }))
  const address = server.server.address()
  const port = typeof address === 'object' ? address?.port : undefined

  const send = async (host: string, parameters = ''): Promise<void> => {
    const url = `${options.secure === true ? 'smtps' : 'smtp'}://carillon:password@${host}:${port}${parameters}`
    const provider = email.create(loadConfig({ EMAIL_SMTP_URL: url, EMAIL_FROM: 'news@site.example' }, [], [email]), { name: 'Teapot Shop' })
    if (provider?.send === undefined) throw new Error('e-mail is not configured')
    const http = createHttp({ trustedOrigins: [], allowPrivateHosts: [] })
    const context = { http, signal: new AbortController().signal, now: Date.now, registrations: createMemoryRegistrations() }
    try {
      const credentials = provider.parseCredentials({ address: 'ann@example.com' })
      await provider.send({ type: 'note', body: 'Hello' }, randomUUID(), credentials, context)
    } finally {
      await provider.close?.()
      await http.close()
    }
  }
  return { send, logins, mails }
}

const withoutTls: SMTPServerOptions = { disabledCommands: ['STARTTLS'] }

t.test('sends neither password nor mail to another host without TLS, and says what to do', async (t) => {
  const { send, logins, mails } = await openServer(t, withoutTls)
  t.match(await failureOf(() => send(otherHost)), { kind: 'misconfigured', reason: /does not offer STARTTLS; use smtps:.+\?requireTLS=false/ })
  t.same([logins, mails], [[], []])
})

t.test('sends without TLS when the URL allows it, and at a loopback address', async (t) => {
  const { send, logins, mails } = await openServer(t, withoutTls)
  await send(otherHost, '?requireTLS=false')
  await send(otherHost, '?ignoreTLS=true')
  await send('127.0.0.1')
  t.same([logins, mails], [[false, false, false], [false, false, false]])
})

t.test('sends over TLS where the server offers it', async (t) => {
  const { send, logins, mails } = await openServer(t)
  const isTrusted = '?tls.rejectUnauthorized=false'
  for (const [host, parameters] of [[otherHost, isTrusted], [otherHost, `${isTrusted}&requireTLS=false`], ['127.0.0.1', isTrusted]] as const) {
    await send(host, parameters)
  }
  t.same([logins, mails], [[true, true, true], [true, true, true]])
})

for (const secure of [false, true]) {
  t.test(`sends nothing to a server whose certificate is not trusted, with ${secure ? 'TLS from the start' : 'STARTTLS'}`, async (t) => {
    const { send, logins, mails } = await openServer(t, { secure })
    for (const host of [otherHost, '127.0.0.1']) {
      t.match(await failureOf(() => send(host)), { kind: 'misconfigured', reason: /certificate of the SMTP server is not trusted/ })
    }
    t.same([logins, mails], [[], []])
  })
}
