import { readMailbox } from './address.ts'
import { integer, port, secretText, secretUrl, text } from '../../env/index.ts'
import type { Reader, VariableTable } from '../../env/index.ts'

const mailbox: Reader<string> = {
  accepts: 'an address such as news@site.example or "The Site <news@site.example>"',
  read: (value) => {
    if (readMailbox(value) === undefined) throw new Error()
    return value
  }
}

/** PEM has several lines, which many systems cannot store in a variable. */
const privateKey: Reader<string> = {
  accepts: 'an RSA private key in PEM, with line breaks or with \\n in their place',
  secret: true,
  read: (value) => {
    const pem = value.replaceAll('\\n', '\n').trim()
    if (!/^-----BEGIN (RSA )?PRIVATE KEY-----\n[\s\S]+\n-----END (RSA )?PRIVATE KEY-----$/.test(pem)) throw new Error()
    return `${pem}\n`
  }
}

export const variables = {
  SMTP_URL: { ...secretUrl('smtp', 'smtps'), required: true, about: 'SMTP server that takes our mail, with user and password. It must offer TLS, unless it is a loopback address or the URL ends with ?requireTLS=false. Without EMAIL_SMTP_URL, e-mail is not offered.' },
  FROM: { ...mailbox, required: true, about: 'Sender of our mail.' },
  MAX_CONNECTIONS: { ...integer(1, 100), initial: '5', about: 'SMTP connections of each process, and so the messages that it sends at a time.' },
  FOOTER: { ...text, about: 'Text at the end of each mail, such as your postal address.' },
  DKIM_SELECTOR: { ...text, about: 'Selector of the DKIM key. Without it, the SMTP server has to sign.' },
  DKIM_KEY: { ...privateKey, about: 'Private DKIM key of EMAIL_DKIM_SELECTOR at the domain of EMAIL_FROM.' },
  BOUNCE_ADDRESS: { ...mailbox, about: 'Address that receives bounces, with subaddresses: bounce@site.example also receives bounce+x@site.example. Without it, bounces go to EMAIL_FROM.' },
  BOUNCE_PORT: { ...port, about: 'Port of an SMTP server in the API that receives bounces. Off when absent.' },
  BOUNCE_HOST: { ...text, initial: '127.0.0.1', about: 'Address on which EMAIL_BOUNCE_PORT listens.' },
  INBOUND_SECRET: { ...secretText, about: 'Secret of the program that posts bounces to /inbound/email. It also signs the addresses of EMAIL_BOUNCE_ADDRESS.' }
} satisfies VariableTable
