import { ProviderError } from '@carillon/http'
import type { Message } from '../message.ts'
import { renderText } from '../render-text.ts'
import type { Rendered } from '../rendered.ts'

/** Mastodon's usual limit. Other servers allow more. */
export const maxCharacters = 500

/** A post is one text. `max` is the server's limit for it. */
export function renderPost (message: Message, max: number): Rendered & { text: string } {
  if (message.type === 'file') throw new ProviderError({ kind: 'rejected', reason: 'a post contains no files' }, 'Mastodon')
  const rendered = renderText(withoutMentions(message), { inText: ['title', 'body', 'url', 'actions'], max, measure: countCharacters })
  return { ...rendered, text: rendered.text ?? '' }
}

/** A mention in a notification would show it to the mentioned account. The invisible character keeps it from being one. */
function withoutMentions (message: Message): Message {
  const { title, body, actions } = message
  return {
    ...message,
    ...title !== undefined && { title: breakMentions(title) },
    ...body !== undefined && { body: breakMentions(body) },
    ...actions !== undefined && { actions: actions.map((action) => ({ ...action, title: breakMentions(action.title) })) }
  }
}

/** E-mail addresses and URLs stay as they are. */
function breakMentions (text: string): string {
  return text.replace(/https?:\/\/\S+|(?<!\w)@(?=\w)/gi, (found) => found === '@' ? '@\u200b' : found)
}

/** Servers count characters, and Mastodon counts 23 for every URL. */
function countCharacters (text: string): number {
  const shortUrls = text.match(/https?:\/\/\S+/gi) ?? []
  return shortUrls.reduce((sum, url) => sum + Math.max(0, 23 - url.length), [...text].length)
}
