import { once } from 'node:events'
import { SMTPServer } from 'smtp-server'
import type { SMTPServerSession } from 'smtp-server'
import type { Fault, Faults } from '../kit/faults/faults.ts'
import type { SimulatorServer } from '../kit/simulator.ts'
import type { EndpointCount, Stats } from '../kit/stats.ts'
import type { Behaviors, Refusal } from './behaviors.ts'

export const LOGIN = { user: 'carillon', password: 'sandbox-secret' }

export interface SmtpOptions {
  id: string
  faults: Faults
  stats: Stats
  behaviors: Behaviors
  /** Called with every accepted message, for each recipient. */
  deliver: (raw: Buffer, envelope: { from: string, to: string }) => Promise<void>
  onListening: (at: { port: number, host: string }) => void
}

const MAX_BYTES = 25 * 1024 * 1024

/** A mail server that accepts mail for every domain. Faults apply to its commands `AUTH`, `RCPT` and `DATA`. */
export function createSmtpServer ({ id, faults, stats, behaviors, deliver, onListening }: SmtpOptions): SimulatorServer {
  /** What the fault of a recipient does after the message. */
  const pending = new WeakMap<SMTPServerSession, Fault>()

  const server = new SMTPServer({
    name: 'sandbox',
    banner: 'Carillon sandbox',
    size: MAX_BYTES,
    // Its certificate would be one that no client trusts.
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    hideDSN: false,
    closeTimeout: 100,

    onAuth (auth, session, callback) {
      const isKnown = auth.username === LOGIN.user && auth.password === LOGIN.password
      run('AUTH', '/', session, async () => {
        if (!isKnown) throw new SmtpReply({ code: 535, text: '5.7.8 Authentication credentials invalid' })
      }).then(() => { callback(null, { user: auth.username }) }, callback)
    },

    onRcptTo ({ address }, session, callback) {
      run('RCPT', `/${address}`, session, async () => {
        const refusal = behaviors.refuseRecipient(address)
        if (refusal !== undefined) throw new SmtpReply(refusal)
      }).then(() => { callback() }, callback)
    },

    onData (stream, session, callback) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => { chunks.push(chunk) })
      stream.on('end', () => {
        const recipients = session.envelope.rcptTo.map(({ address }) => address)
        run('DATA', `/${recipients[0] ?? ''}`, session, async () => {
          if (stream.sizeExceeded) throw new SmtpReply({ code: 552, text: '5.3.4 Message size exceeds the limit' })
          const refusal = recipients.map(behaviors.refuseMessage).find((each) => each !== undefined)
          if (refusal !== undefined) throw new SmtpReply(refusal)
          const { mailFrom } = session.envelope
          for (const to of recipients) await deliver(Buffer.concat(chunks), { from: mailFrom === false ? '' : mailFrom.address, to })
          if (recipients.some(behaviors.drops)) endConnection(session)
        }).then(() => { callback() }, callback)
      })
    }
  })
  // Connections that clients reset.
  server.on('error', () => {})

  return {
    async listen ({ port, host }) {
      const listening = once(server.server, 'listening')
      server.listen(port, host)
      await listening
      const address = server.server.address()
      if (typeof address === 'object' && address !== null) onListening({ port: address.port, host })
    },
    close: () => new Promise((resolve) => {
      if (server.server.listening) server.close(() => { resolve() })
      else resolve()
    })
  }

  /** Counts the command, and applies a fault to it. */
  async function run (command: string, path: string, session: SMTPServerSession, work: () => Promise<void>): Promise<void> {
    const count = stats.of(id, command)
    count.requests++
    try {
      await applyFault(command, path, session, count, work)
      record(count, 250)
    } catch (error) {
      record(count, error instanceof SmtpReply ? error.responseCode : 451)
      // The client only sees that it should try later.
      if (!(error instanceof SmtpReply)) console.error(`The simulated mail server failed at ${command}:`, error)
      throw error
    }
  }

  async function applyFault (
    command: string, path: string, session: SMTPServerSession, count: EndpointCount, work: () => Promise<void>
  ): Promise<void> {
    // A new connection logs in first. Only a fault that names AUTH means the login.
    const isMeant = command !== 'AUTH' || faults.list().some(({ match }) => match?.includes(command))
    const fault = isMeant ? faults.take(id, command, path) ?? (command === 'DATA' ? pending.get(session) : undefined) : undefined
    pending.delete(session)
    if (fault === undefined) return await work()
    count.faults++
    await faults.delay(fault)
    const { status, body, reset } = fault
    if (status !== undefined) throw new SmtpReply({ code: status, text: typeof body === 'string' ? body : 'The sandbox was asked to refuse' })
    if (reset === 'before') return endConnection(session)
    await work()
    if (reset !== 'after') return
    if (command === 'DATA') endConnection(session)
    else pending.set(session, fault)
  }

  function endConnection ({ id }: SMTPServerSession): void {
    for (const connection of server.connections as Set<{ id: string, _socket: { destroy: () => void } }>) {
      if (connection.id === id) connection._socket.destroy()
    }
  }
}

function record (count: EndpointCount, code: number): void {
  count.answers[code] = (count.answers[code] ?? 0) + 1
}

/** smtp-server sends it as the reply. */
class SmtpReply extends Error {
  readonly responseCode: number

  constructor ({ code, text }: Refusal) {
    super(text)
    this.responseCode = code
  }
}
