import { createHash } from 'node:crypto'
import { isText } from '@carillon/http'
import { cleanName } from '../../names/index.ts'
import { truncate } from '../../text/index.ts'
import type { Confirmation } from '../handshakes.ts'
import type { Message } from '../message.ts'
import { omittedFields } from '../rendered.ts'
import type { Rendered } from '../rendered.ts'
import type { MailContent } from './mail-content.ts'
import type { Mail } from './mailer.ts'
import { renderHtml } from './render-html.ts'
import { renderText } from './render-text.ts'

export interface ComposeInput {
  /** A UUID. The message's id contains it, so all attempts have the same id. */
  key: string
  domain: string
  to: string
  site: string
  footer?: string | undefined
  unsubscribeUrl?: string | undefined
}

const maxSubjectLength = 150

/** What the recipient sees. Without a title, the subject is the first line of the text. */
export function render (message: Message, site: string): Rendered {
  const { body, url, image, file, actions, level = 'info', urgency = 'normal' } = message
  return {
    title: isText(message.title) ? message.title : subjectOf(message, site),
    text: body,
    url,
    image,
    file: file === undefined ? undefined : { name: file.name, type: file.type },
    actions,
    style: { ...level !== 'info' && { label: labels[level] }, ...urgency !== 'normal' && { importance: urgency === 'low' ? 'Low' : 'High' } },
    shortened: [],
    omitted: omittedFields(message, ['title', 'body', 'url', 'image', 'file', 'actions', 'level', 'urgency', 'collapseKey'])
  }
}

/** The mail of a notification, without its sender and its file. */
export function composeMail (message: Message, input: ComposeInput): Mail {
  const { key, domain, to, site, footer, unsubscribeUrl } = input
  const { text: body, url, image, actions = [], style = {} } = render(message, site)
  const thread = message.collapseKey === undefined ? undefined : threadId(to, message.collapseKey, domain)
  return {
    ...toParts(subjectOf(message, site), {
      label: style['label']?.toString(),
      title: message.title,
      body,
      image,
      links: [...url === undefined ? [] : [{ title: 'Open', url }], ...actions],
      footer: [`You receive this mail because you connected ${to} at ${site}.`, ...footer === undefined ? [] : [footer]],
      unsubscribeUrl
    }),
    to,
    messageId: `<${key}@${domain}>`,
    // A mail cannot be replaced. Mail programs show mails with a common reference as one conversation.
    ...thread !== undefined && { references: thread, inReplyTo: thread },
    ...style['importance'] !== undefined && { priority: style['importance'] === 'Low' ? 'low' : 'high' },
    headers: {
      ...automatic,
      // RFC 8058: a mail program may unsubscribe with one POST.
      ...unsubscribeUrl !== undefined && { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }
    },
    ...unsubscribeUrl !== undefined && { list: { unsubscribe: unsubscribeUrl } }
  }
}

/** The mail with the code that proves that the user owns an address. It contains no text of users. */
export function composeConfirmation ({ code, url, site }: Confirmation, input: ComposeInput): Mail {
  const { key, domain, to, footer } = input
  return {
    ...toParts(`${code} is your code for ${site}`, {
      title: `Connect this address at ${site}`,
      body: 'Enter this code on the page that asks for it, or open the page below and confirm there. The code expires in 15 minutes.',
      code,
      links: [{ title: 'Confirm the address', url }],
      footer: [
        `Someone entered ${to} at ${site}. If it was not you, ignore this mail: nothing is connected without the code.`,
        ...footer === undefined ? [] : [footer]
      ]
    }),
    to,
    messageId: `<${key}@${domain}>`,
    headers: automatic
  }
}

const labels = { success: 'Success', warning: 'Warning', error: 'Error' }

/** RFC 3834, and the header by which Exchange sends no automatic replies. */
const automatic = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' }

function toParts (subject: string, content: MailContent): Pick<Mail, 'subject' | 'text' | 'html'> {
  return { subject, text: renderText(content), html: renderHtml(subject, content) }
}

/** One line: a line break in a header would begin another header. */
function subjectOf ({ title, body = '', file }: Message, site: string): string {
  const text = cleanName([title, body.trim().split('\n', 1)[0], file?.name].find((each) => each !== undefined && each !== '') ?? '', `Message from ${site}`)
  const start = truncate(text, maxSubjectLength)
  return start === text ? text : `${start.trimEnd()}…`
}

/** The id of a message that never existed: the root of a conversation. */
function threadId (to: string, collapseKey: string, domain: string): string {
  return `<${createHash('sha256').update(`${to}\0${collapseKey}`).digest('hex').slice(0, 32)}@${domain}>`
}
