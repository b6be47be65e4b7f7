import type { MailContent } from './mail-content.ts'

/** The text part of a mail. */
export function renderText ({ label, title, body, code, links, footer, unsubscribeUrl }: MailContent): string {
  const heading = [label, title].filter((part) => part !== undefined && part !== '').join(': ')
  const end = ['-- ', ...footer, ...unsubscribeUrl === undefined ? [] : [`Unsubscribe: ${unsubscribeUrl}`]].join('\n')
  const blocks = [heading, body, code, ...links.map(({ title, url }) => `${title}: ${url}`), end]
  return `${blocks.filter((block) => block !== undefined && block !== '').join('\n\n')}\n`
}
