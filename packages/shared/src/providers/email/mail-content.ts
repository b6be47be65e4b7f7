/** What a mail shows, without markup. The HTML and the text part are made from it. */
export interface MailContent {
  /** Such as `Warning`. A color alone would not be readable for everyone. */
  label?: string | undefined
  title?: string | undefined
  body?: string | undefined
  /** Shown large, for the user to copy. */
  code?: string | undefined
  image?: string | undefined
  /** The first one is the main one. */
  links: Array<{ title: string, url: string }>
  /** The reason for the mail, and the operator's own text. */
  footer: string[]
  unsubscribeUrl?: string | undefined
}
