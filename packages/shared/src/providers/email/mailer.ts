import type { Readable } from 'node:stream'
import { ProviderError } from '@carillon/http'
import type { TransportCode } from '@carillon/http'
import { createTransport } from 'nodemailer'
import type { NodemailerError, SendMailOptions } from 'nodemailer'
import { classify, isAboutUs } from './classify.ts'
import type { SmtpFailure } from './classify.ts'
import { requiresTls } from './requires-tls.ts'
import { createSlots } from './slots.ts'

export interface MailerOptions {
  url: string
  maxConnections: number
  dkim?: { domainName: string, keySelector: string, privateKey: string }
}

export type Mail = Pick<SendMailOptions,
  'from' | 'to' | 'envelope' | 'dsn' | 'subject' | 'text' | 'html' | 'attachments' | 'headers' | 'messageId' | 'references' | 'inReplyTo' | 'priority' | 'list'>

export interface MailContext {
  signal: AbortSignal
  /** Milliseconds since the epoch. */
  now: () => number
  /** Rejects when a limit was learned while the mail waited for a connection. */
  beforeRequest?: () => Promise<void>
}

/** Hands mail to the SMTP server. */
export interface Mailer {
  /** Resolves once the server has accepted the mail. Throws ProviderError. */
  send: (mail: Mail, recipientDomain: string, context: MailContext) => Promise<void>
  /** Connects, with TLS where mails need it, and logs in. Throws ProviderError. */
  check: () => Promise<void>
  /** Closes all connections. Messages that are being sent fail. */
  close: () => void
}

/** For one message, including the wait for a free connection. */
const totalTimeoutMs = 60_000
const connectTimeoutMs = 10_000
const idleTimeoutMs = 20_000

/** Opens no connection before the first message. */
export function createMailer ({ url, maxConnections, dkim }: MailerOptions): Mailer {
  const { host } = new URL(url)
  const slots = createSlots(maxConnections)
  const transport = createTransport({
    url,
    pool: true,
    maxConnections,
    // The worker repeats what was not sent. The pool itself would repeat and queue without our knowledge.
    maxRequeues: 0,
    connectionTimeout: connectTimeoutMs,
    greetingTimeout: connectTimeoutMs,
    dnsTimeout: connectTimeoutMs,
    socketTimeout: totalTimeoutMs,
    idleTimeout: idleTimeoutMs,
    // The URL has a say too: nodemailer reads its parameters.
    ...requiresTls(url) && { requireTLS: true },
    disableFileAccess: true,
    disableUrlAccess: true,
    ...dkim !== undefined && { dkim }
  }, { xMailer: 'Carillon' })

  /** The content of each mail that got a connection, by the signal of its attempt. */
  const contents = new WeakMap<AbortSignal, Readable>()
  transport.use('stream', ({ data, message }, done) => {
    const create = message.createReadStream.bind(message)
    // Without a reply, nodemailer's errors are the same before and after the message. The stream shows the difference.
    message.createReadStream = (options) => {
      const content = create(options)
      if (data.signal !== undefined) contents.set(data.signal, content)
      return content
    }
    done()
  })
  // Each failed message gets its own error.
  transport.on('error', () => {})

  return {
    async send (mail, recipientDomain, { signal, now, beforeRequest }) {
      const ended = AbortSignal.any([signal, AbortSignal.timeout(totalTimeoutMs)])
      const release = await slots.take(ended).catch(() => {
        throw new ProviderError({ kind: 'transient', reason: 'no free SMTP connection in time', notStarted: true }, host, undefined, 'aborted')
      })
      try {
        await beforeRequest?.()
        await sendOnLiveConnection(mail, ended)
      } catch (error) {
        if (!(error instanceof SmtpError)) throw error
        // A reply about the recipient says nothing about the health of our server.
        const isOwn = error.failure.responseCode === undefined || isAboutUs(error.failure)
        throw toProviderError(error, isOwn ? host : recipientDomain, now())
      } finally {
        release()
      }
    },
    async check () {
      try {
        await transport.verify()
      } catch (error) {
        throw toProviderError(new SmtpError(error as NodemailerError, undefined), host, Date.now())
      }
    },
    close: () => { transport.close({ force: true }) }
  }

  /** The pool does not tell why a server ended a connection between two messages. On a new connection, the server tells it. */
  async function sendOnLiveConnection (mail: Mail, ended: AbortSignal): Promise<void> {
    for (let stale = 0; ; stale++) {
      try {
        return await attempt(mail, ended)
      } catch (error) {
        if (!(error instanceof SmtpError) || !error.isStale || stale === maxConnections) throw error
      }
    }
  }

  async function attempt (mail: Mail, ended: AbortSignal): Promise<void> {
    // A signal of its own identifies the attempt.
    const signal = AbortSignal.any([ended])
    try {
      await transport.sendMail({ ...mail, signal })
    } catch (error) {
      throw new SmtpError(error as NodemailerError, contents.get(signal))
    }
  }
}

/** A failed attempt. It keeps nothing of nodemailer's message, which may contain addresses. */
class SmtpError extends Error {
  override readonly name = 'SmtpError'
  readonly failure: SmtpFailure
  /** The pool used a connection that the server had ended, or was about to end. Nothing was sent. */
  readonly isStale: boolean

  constructor ({ code = '', command = '', responseCode, response, message }: NodemailerError, content: Readable | undefined) {
    super(code)
    this.failure = {
      code,
      // A reply of 421 ends the connection, and nodemailer then reports the stage as that of connecting.
      command: command === 'CONN' && content !== undefined ? 'RCPT TO' : command,
      wasWritten: content?.readableEnded === true,
      isUntrusted: /certificate|altnames/i.test(message),
      ...responseCode !== undefined && { responseCode },
      ...response !== undefined && { response }
    }
    this.isStale = content?.readableDidRead === false && /maximum number of retries/.test(message)
  }
}

function toProviderError ({ failure }: SmtpError, origin: string, now: number): ProviderError {
  return new ProviderError(classify(failure, now), origin, failure.responseCode, transportCodeOf(failure))
}

/** Why the server sent no reply. Undefined when it did. */
function transportCodeOf ({ code, responseCode }: SmtpFailure): TransportCode | undefined {
  return responseCode === undefined ? transportCodes[code] : undefined
}

const transportCodes: Record<string, TransportCode> = {
  ECONNECTION: 'reset', ESOCKET: 'reset', ETIMEDOUT: 'timeout', EDNS: 'dns', ETLS: 'tls', EPROTOCOL: 'protocol', EABORT: 'aborted'
}
