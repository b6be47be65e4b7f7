import { defineProvider } from '../define-provider.ts'
import { readMailbox } from './address.ts'
import { createEmail } from './email.ts'
import { variables } from './variables.ts'

export const email = defineProvider({
  id: 'email',
  name: 'E-mail',
  holder: 'user',
  accounts: 'many',
  env: variables,
  noTerminal: 'an address has no credentials that a program could use',
  hasOwnPort: true,
  create (values, site) {
    const { SMTP_URL: url, FROM, MAX_CONNECTIONS: maxConnections, FOOTER: footer } = values
    const { DKIM_SELECTOR, DKIM_KEY, BOUNCE_ADDRESS, BOUNCE_PORT, BOUNCE_HOST, INBOUND_SECRET } = values
    const from = mailboxOf(FROM)
    if ((DKIM_SELECTOR === undefined) !== (DKIM_KEY === undefined)) throw new TypeError('EMAIL_DKIM_SELECTOR and EMAIL_DKIM_KEY need each other')
    if (BOUNCE_ADDRESS !== undefined && INBOUND_SECRET === undefined) throw new TypeError('EMAIL_BOUNCE_ADDRESS has no effect without EMAIL_INBOUND_SECRET')
    if (BOUNCE_PORT !== undefined && BOUNCE_ADDRESS === undefined) throw new TypeError('EMAIL_BOUNCE_PORT has no effect without EMAIL_BOUNCE_ADDRESS')
    return createEmail({
      url,
      maxConnections,
      from,
      footer,
      ...DKIM_SELECTOR !== undefined && DKIM_KEY !== undefined &&
        { dkim: { domainName: from.address.domain, keySelector: DKIM_SELECTOR, privateKey: DKIM_KEY } },
      ...BOUNCE_ADDRESS !== undefined && INBOUND_SECRET !== undefined &&
        {
          bounces: {
            address: mailboxOf(BOUNCE_ADDRESS).address.address,
            secret: INBOUND_SECRET,
            ...BOUNCE_PORT !== undefined && { server: { host: BOUNCE_HOST, port: BOUNCE_PORT } }
          }
        }
    }, site)
  }
})

function mailboxOf (text: string) {
  const mailbox = readMailbox(text)
  if (mailbox === undefined) throw new TypeError('the variable was checked when it was read')
  return mailbox
}
