import type { ParsedMail } from 'mailparser'
import type { EmailAddress } from './address.ts'
import { classify } from './classify.ts'
import type { ReturnAddresses } from './return-address.ts'

/** What a mail to our return address says about one recipient. */
export interface Bounce {
  /** `gone`: the address does not exist. `complaint`: the recipient reported our mail as spam. `soft`: anything else. */
  kind: 'gone' | 'soft' | 'complaint'
  recipient: EmailAddress
  reason: string
}

/**
 * Reads a delivery status notification (RFC 3464) or a feedback report (RFC 5965). Undefined for any other mail, such as a
 * vacation reply, and for a bounce that no valid return address proves.
 */
export async function readBounce (raw: Buffer, addresses: ReturnAddresses, now: number): Promise<Bounce | undefined> {
  const options = { keepDeliveryStatus: true, skipImageLinks: true, skipTextToHtml: true, skipHtmlToText: true }
  // Loaded with the first bounce, because its tables of character sets take longer to load than most of a process.
  const { simpleParser } = await import('mailparser')
  // The parser refuses broken mails. Repeated, they would be no different.
  const mail = await simpleParser(raw, options).catch(() => undefined)
  if (mail === undefined) return undefined
  const part = (type: string): string => mail.attachments.find(({ contentType }) => contentType === type)?.content.toString() ?? ''
  const status = part('message/delivery-status')
  const feedback = part('message/feedback-report')
  if (status === '' && feedback === '') return undefined

  // The MAC of the address proves the rest, so it does not matter where the address and the recipient stand.
  const everything = [raw.toString('latin1'), ...mail.attachments.map(({ content }) => content.toString())].join('\n')
  const recipient = addresses.verify(everything, recipientsIn(everything), now)
  if (recipient === undefined) return undefined
  if (feedback !== '') return { kind: 'complaint', recipient, reason: 'reported as spam' }
  return { ...classifyStatus(status, mail, now), recipient }
}

function classifyStatus (status: string, { text = '' }: ParsedMail, now: number): Omit<Bounce, 'recipient'> {
  const action = fieldIn(status, 'Action').toLowerCase()
  const diagnostic = fieldIn(status, 'Diagnostic-Code').replace(/^smtp;\s*/i, '')
  if (action !== 'failed') return { kind: 'soft', reason: `the mail is ${action === '' ? 'not delivered' : action}` }
  // Some servers state only 5.0.0, and the true status in the diagnostic or in the text for people.
  const code = [fieldIn(status, 'Status'), diagnostic, text].map((each) => /\b[45]\.[1-9]\d{0,2}\.\d{1,3}\b/.exec(each)?.[0]).find((each) => each !== undefined)
  const response = `550 ${code ?? ''} ${diagnostic === '' ? text : diagnostic.replace(/^\d{3}[ -]/, '')}`.replace(/ +/g, ' ')
  const failure = classify({ code: 'EENVELOPE', command: 'RCPT TO', responseCode: code?.startsWith('4') === true ? 450 : 550, response, wasWritten: false }, now)
  return { kind: failure.kind === 'gone' ? 'gone' : 'soft', reason: failure.reason }
}

/** The first field of this name, with its continuation lines. */
function fieldIn (text: string, name: string): string {
  const value = new RegExp(`^${name}:[ \\t]*(.*(?:\\r?\\n[ \\t].*)*)`, 'im').exec(text)?.[1] ?? ''
  return value.replace(/\s+/g, ' ').trim()
}

/** More than 20 addresses. The content is not verified yet, and an expression on a long text takes long. */
const maxFieldLength = 8_192

/** The addresses to which the mail was sent, by all fields that may contain them. */
function recipientsIn (text: string): string[] {
  const fields = ['Original-Recipient', 'Final-Recipient', 'X-Failed-Recipients', 'Original-Rcpt-To', 'To']
  const values = fields.flatMap((name) => [...text.matchAll(new RegExp(`^${name}:[ \\t]*(.*(?:\\r?\\n[ \\t].*)*)`, 'gim'))].map(([, value = '']) => value))
  return [...new Set(values.flatMap((value) => value.slice(0, maxFieldLength).match(/[^\s<>;,"]{1,64}@[^\s<>;,"]{1,255}/g) ?? []))].slice(0, 20)
}
