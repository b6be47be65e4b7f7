/** A mail as the inbox keeps it. */
export interface Mail {
  /** The id of its page. */
  id: string
  from: string
  to: string
  /** The sender of the envelope, to which bounces go. */
  returnAddress: string
  messageId: string
  subject: string
  text: string
  html: string
  /** In the order of the mail, with lower-case names. */
  headers: Record<string, string>
  attachments: Array<{ name: string, type: string, bytes: number }>
  /** The URL of a one-click unsubscription (RFC 8058). */
  unsubscribeUrl?: string
}

export async function parseMail (raw: Buffer, id: string, { from, to }: { from: string, to: string }): Promise<Mail> {
  // Loaded with the first mail, because its tables of character sets take a third of the sandbox's start.
  const { simpleParser } = await import('mailparser')
  const parsed = await simpleParser(raw, { skipTextToHtml: true, skipHtmlToText: true })
  const headers: Record<string, string> = Object.fromEntries(parsed.headerLines.map(({ key, line }) => [key, line.slice(line.indexOf(':') + 1).replace(/\r?\n\s+/g, ' ').trim()]))
  const isOneClick = /^List-Unsubscribe=One-Click$/i.test(headers['list-unsubscribe-post'] ?? '')
  const unsubscribeUrl = isOneClick ? /<(https?:[^>]+)>/i.exec(headers['list-unsubscribe'] ?? '')?.[1] : undefined
  return {
    id,
    from: parsed.from?.text ?? '',
    to,
    returnAddress: from,
    messageId: parsed.messageId ?? '',
    subject: parsed.subject ?? '',
    text: parsed.text ?? '',
    html: typeof parsed.html === 'string' ? parsed.html : '',
    headers,
    attachments: parsed.attachments.map(({ filename, contentType, size }) => ({ name: filename ?? '', type: contentType, bytes: size })),
    ...unsubscribeUrl !== undefined && { unsubscribeUrl }
  }
}

/** In bench mode no test reads the content, and parsing it would take longer than sending it. */
export function toCountedMail (id: string, { from, to }: { from: string, to: string }): Mail {
  return { id, from, to, returnAddress: from, messageId: '', subject: '', text: '', html: '', headers: {}, attachments: [] }
}

/** All web links of a mail, as a scanner finds them. */
export function linksIn ({ text, html, headers }: Mail): string[] {
  const all = [text, html.replaceAll('&amp;', '&'), headers['list-unsubscribe'] ?? ''].join('\n')
  return [...new Set(all.match(/https?:\/\/[^\s<>"']+/g) ?? [])]
}
