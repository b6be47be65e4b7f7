import { once } from 'node:events'
import { SMTPServer } from 'smtp-server'
import type { InboundListener } from '../inbound.ts'

export interface BounceServerOptions {
  host: string
  port: number
  maxBytes: number
  /** Whether mail to this address can be a bounce of ours. */
  isReturnAddress: (address: string) => boolean
  /** Stores the mail. Rejects when it cannot be stored now. */
  receive: (mail: Buffer) => Promise<void>
  /** Receives the errors of single connections. */
  onError: (error: unknown) => void
}

/** A mail about one message has one recipient. */
const maxRecipients = 10
const maxClients = 50
const idleTimeoutMs = 60_000
const closeTimeoutMs = 2_000

/**
 * An SMTP server for bounces alone. It accepts no other recipients, so it relays nothing. It needs no login, because each return
 * address proves itself. Rejects when the address is in use.
 */
export async function openBounceServer (options: BounceServerOptions): Promise<InboundListener> {
  const { host, port, maxBytes, isReturnAddress, receive, onError } = options
  const server = new SMTPServer({
    name: host,
    banner: 'Carillon accepts bounces',
    size: maxBytes,
    maxClients,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    socketTimeout: idleTimeoutMs,
    closeTimeout: closeTimeoutMs,

    onRcptTo ({ address }, { envelope: { rcptTo } }, callback) {
      if (!isReturnAddress(address)) callback(new SmtpReply(550, '5.1.1 Only bounces of our mail are accepted'))
      else if (rcptTo.length >= maxRecipients) callback(new SmtpReply(452, '4.5.3 Too many recipients'))
      else callback()
    },

    onData (stream, { envelope: { rcptTo } }, callback) {
      // The header of a bounce need not name the address that received it.
      const chunks: Buffer[] = rcptTo.map(({ address }) => Buffer.from(`Delivered-To: ${address}\r\n`))
      stream.on('data', (chunk: Buffer) => { if (!stream.sizeExceeded) chunks.push(chunk) })
      stream.on('end', () => {
        if (stream.sizeExceeded) callback(new SmtpReply(552, '5.3.4 The message is too large'))
        else receive(Buffer.concat(chunks)).then(() => { callback() }, () => { callback(new SmtpReply(451, '4.3.0 Try again later')) })
      })
    }
  })
  let isListening = false
  // Until then, `once` rejects with the error.
  server.on('error', (error) => { if (isListening) onError(error) })
  server.listen(port, host)
  await once(server.server, 'listening')
  isListening = true
  const address = server.server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => new Promise((resolve) => { server.close(() => { resolve() }) })
  }
}

/** smtp-server sends it as the reply. */
class SmtpReply extends Error {
  readonly responseCode: number

  constructor (responseCode: number, text: string) {
    super(text)
    this.responseCode = responseCode
  }
}
