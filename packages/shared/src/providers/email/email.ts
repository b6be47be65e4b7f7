import { randomUUID } from 'node:crypto'
import { isObject, isText, ProviderError, withFile } from '@carillon/http'
import type { Account, Credentials, Grant } from '../credentials.ts'
import type { ProviderClient, Site } from '../define-provider.ts'
import type { Confirmation } from '../handshakes.ts'
import type { Message } from '../message.ts'
import type { RequestContext } from '../request-context.ts'
import { readAddress } from './address.ts'
import type { EmailAddress, Mailbox } from './address.ts'
import { createBounceReader } from './bounce-reader.ts'
import type { BounceConfig } from './bounce-reader.ts'
import { composeConfirmation, composeMail, render } from './compose.ts'
import { createMailer } from './mailer.ts'
import type { Mail, MailerOptions } from './mailer.ts'
import { createReturnAddresses } from './return-address.ts'

/** The address itself. The operator's own server sends, so there is no token. */
export interface EmailCredentials extends Credentials {
  address: string
}

export interface EmailConfig extends MailerOptions {
  from: Mailbox
  footer?: string | undefined
  /** Absent when bounces go to the sender's address. */
  bounces?: BounceConfig & { address: string }
}

/** Base64 makes it a third longer, and many servers accept 20 MB. */
const maxFileBytes = 10 * 1024 * 1024

export function createEmail ({ from, footer, bounces, ...options }: EmailConfig, site: Site): ProviderClient<EmailCredentials> {
  const mailer = createMailer(options)
  const { host } = new URL(options.url)
  const { domain } = from.address
  const returnAddresses = bounces === undefined ? undefined : createReturnAddresses(bounces.address, bounces.secret)

  return {
    origins: [],
    ownHosts: [host],
    handshakes: {
      address: {
        field: { label: 'E-mail address', placeholder: 'you@example.com' },
        async accept (text) {
          const address = readAddress(text)
          if (address === undefined) throw new ProviderError({ kind: 'rejected', reason: 'is not an e-mail address' }, host)
          return { credentials: { address: address.address }, account: toAccount(address) }
        },
        sendCode
      }
    },
    parseCredentials: (value) => ({ address: parse(value).address }),
    identify: async (credentials) => toAccount(parse(credentials)),
    identifiesOffline: true,
    send,
    render: (message) => render(message, site.name),
    ...returnAddresses !== undefined && bounces !== undefined &&
      { inbound: createBounceReader(returnAddresses, bounces, host) },
    checkServer: async () => { await mailer.check() },
    close: async () => { mailer.close() }
  }

  function parse (value: unknown): EmailAddress {
    const address = isObject(value) && isText(value.address) ? readAddress(value.address) : undefined
    if (address === undefined) throw new ProviderError({ kind: 'malformed', reason: 'credentials lack an e-mail address' }, host)
    return address
  }

  async function send (message: Message, key: string, credentials: EmailCredentials, context: RequestContext) {
    const recipient = parse(credentials)
    const unsubscribeUrl = context.unsubscribeUrl?.()
    const mail = composeMail(message, { key, domain, to: recipient.address, site: site.name, footer, unsubscribeUrl })
    const { file } = message
    if (file === undefined) await hand(mail, key, recipient, context)
    else {
      await withFile(file, maxFileBytes, context, async (content) => {
        await hand({ ...mail, attachments: [{ filename: file.name, contentType: file.type, content }] }, key, recipient, context)
      })
    }
    return { id: `${key}@${domain}` }
  }

  async function sendCode ({ credentials }: Grant<EmailCredentials>, confirmation: Confirmation, context: RequestContext) {
    const recipient = parse(credentials)
    const key = randomUUID()
    const mail = composeConfirmation(confirmation, { key, domain, to: recipient.address, site: site.name, footer })
    await hand(mail, key, recipient, context)
    return 'sent' as const
  }

  async function hand (mail: Mail, key: string, recipient: EmailAddress, context: RequestContext): Promise<void> {
    const { address } = recipient
    const sender = { name: from.name, address: from.address.address }
    const returnAddress = returnAddresses?.create(key, recipient, context.now()) ?? sender.address
    await mailer.send({
      ...mail,
      from: sender,
      envelope: { from: returnAddress, to: address },
      // RFC 3461: the bounce then names the delivery and the address as we wrote it.
      ...returnAddresses !== undefined && { dsn: { id: key, return: 'headers', notify: ['FAILURE'], recipient: `rfc822;${address}` } }
    }, recipient.domain, context)
  }
}

function toAccount ({ address, id, domain }: EmailAddress): Account {
  return { id, name: address, host: domain }
}
