import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { promisify } from 'node:util'
import { saveConnections } from '@carillon/shared/connections'
import { createReturnAddresses } from '../../../../packages/shared/src/providers/email/return-address.ts'
import { readAddress } from '../../../../packages/shared/src/providers/email/address.ts'
import { ensureUser } from '@carillon/shared/users'
import { until } from '@carillon/testing'
import { createTransport } from 'nodemailer'
import t from 'tap'
import type { InboundListener } from '@carillon/shared/providers'
import { bounceShapes } from '../../../../packages/shared/test/providers/email/bounce-shapes.ts'
import { openListeners } from '../../src/inbound/open-listeners.ts'
import { openTestApi } from '../open-api.ts'

const run = promisify(execFile)
const python = await run('python3', ['-c', 'import smtplib']).then(() => true, () => false)
/** Prints the extensions that the server offers. */
const script = `
import smtplib, sys
with smtplib.SMTP('127.0.0.1', int(sys.argv[1])) as smtp:
    print(smtp.ehlo()[1].decode())
    smtp.sendmail('', [sys.argv[2]], sys.stdin.buffer.read())
`

const api = await openTestApi(t, { offer: ['email'], environment: { EMAIL_BOUNCE_PORT: '0' } })
const key = await api.makeKey()
const listeners: InboundListener[] = []
await openListeners(api.services, (listener) => { listeners.push(listener) })
const [{ port, close } = { port: 0, close: async () => {} }] = listeners
t.teardown(close)
const provider = api.services.providers.get('email')
const returnAddresses = createReturnAddresses('bounce@carillon.example', 'sandbox-inbound-secret')
const transport = createTransport({ host: '127.0.0.1', port })
t.teardown(() => { transport.close() })

/** A user with this address, and the return address of a mail to it. */
async function connect (address: string) {
  const recipient = readAddress(address)
  if (recipient === undefined) throw new Error(address)
  const { id: userId } = await ensureUser(api.database, { externalId: address })
  const credentials = provider?.parseCredentials({ address }) ?? {}
  const grant = { credentials, account: { id: address, name: address } }
  const [saved] = await saveConnections(api.database, api.services.vault, [{ userId, provider: 'email', grant }])
  const look = async () => (await api.ask('GET', `/v1/connections/con_${saved?.id}`, { token: key })).body
  return { to: returnAddresses.create(randomUUID(), recipient, Date.now()), look }
}

async function deliver (raw: string, to: string): Promise<void> {
  await transport.sendMail({ envelope: { from: '', to }, raw })
}

/** The code with which the server refuses the mail. Undefined when it accepts it. */
async function refusal (raw: string, to: string): Promise<unknown> {
  return await deliver(raw, to).then(() => undefined, (error: unknown) => Object(error).responseCode)
}

/** The last line of the log with this message. */
function lineOf (msg: string): unknown {
  return api.logLines.map((line) => JSON.parse(line)).findLast((line) => String(line.msg).startsWith(msg))
}

const notices = async () => (await api.database.sql`select from notices`).length

for (const [server, bounce] of Object.entries(bounceShapes)) {
  t.test(`ends the connection to an address that does not exist, as ${server} reports it`, async (t) => {
    const address = `${server.toLowerCase()}@example.com`
    const { to, look } = await connect(address)
    const before = await notices()
    await deliver(bounce(to, address), to)
    await until(async () => Object(await look()).status === 'revoked', { what: 'the end of the connection' })
    t.match(await look(), { status: 'revoked', statusReason: /the address does not exist/ })
    await deliver(bounce(to, address), to)
    t.equal(await notices(), before + 1, 'a repetition counts once')
  })
}

t.test('reads a bounce whose header does not name the return address', async (t) => {
  const { to, look } = await connect('envelope@example.com')
  const raw = (bounceShapes['Exchange']?.(to, 'envelope@example.com') ?? '').replaceAll(to, 'postmaster@site.example')
  await deliver(raw, to)
  await until(async () => Object(await look()).status === 'revoked', { what: 'the end of the connection' })
  t.match(await look(), { statusReason: /the address does not exist/ })
})

t.test('receives a bounce from the smtplib of Python, and offers it neither login nor TLS', { skip: !python && 'python3 is not installed' }, async (t) => {
  const { to, look } = await connect('python@example.com')
  const delivered = run('python3', ['-c', script, String(port), to])
  delivered.child.stdin?.end(bounceShapes['Postfix']?.(to, 'python@example.com'))
  t.notMatch((await delivered).stdout, /AUTH|STARTTLS/i)
  await until(async () => Object(await look()).status === 'revoked', { what: 'the end of the connection' })
})

t.test('accepts only mail to our return addresses of the last days', async (t) => {
  const recipient = readAddress('old@example.com')
  if (recipient === undefined) throw new Error('it is an address')
  const old = returnAddresses.create(randomUUID(), recipient, Date.now() - 8 * 24 * 3_600_000)
  const before = await notices()
  for (const to of ['ann@example.com', 'bounce@carillon.example', 'bounce+00@carillon.example', old, `x${old}`]) {
    t.equal(await refusal('Subject: Hello\r\n\r\nHello', to), 550, to)
  }
  t.equal(await notices(), before)
})

t.test('limits the recipients and the size of a mail', async (t) => {
  const { to, look } = await connect('limits@example.com')
  t.equal(await refusal(`Subject: Big\r\n\r\n${'x'.repeat(78)}\r\n`.repeat(220_000), to), 552)
  const many = Array.from({ length: 12 }, (_, index) => to.replace(/.@/, `${index.toString(16)}@`))
  const results = await transport.sendMail({ envelope: { from: '', to: many }, raw: 'Subject: Hello\r\n\r\nHello' })
  t.equal(results.accepted.length, 10)
  t.equal(results.rejected.length, 2)
  t.match(await look(), { status: 'active' })
})

t.test('logs the error of a connection, and goes on', async (t) => {
  const socket = createConnection(port, '127.0.0.1')
  await once(socket, 'data')
  for (const command of ['HELO server.example', 'MAIL FROM:<>']) {
    socket.write(`${command}\r\n`)
    await once(socket, 'data')
  }
  socket.resetAndDestroy()
  await until(() => lineOf('a connection to the server for messages failed') !== undefined, { what: 'its line' })
  t.match(lineOf('a connection to the server for messages failed'), { provider: 'email', err: { message: /ECONNRESET/ } })
  t.equal(await refusal('Subject: Hello\r\n\r\nHello', 'ann@example.com'), 550)
})

t.test('asks for the mail again when it cannot be stored', async (t) => {
  const { to, look } = await connect('later@example.com')
  await api.database.sql`alter table notices rename to notices_away`
  t.equal(await refusal(bounceShapes['Postfix']?.(to, 'later@example.com') ?? '', to), 451)
  t.match(lineOf('could not store a message'), { provider: 'email', err: { message: /notices/ } })
  await api.database.sql`alter table notices_away rename to notices`
  await deliver(bounceShapes['Postfix']?.(to, 'later@example.com') ?? '', to)
  await until(async () => Object(await look()).status === 'revoked', { what: 'the end of the connection' })
})
