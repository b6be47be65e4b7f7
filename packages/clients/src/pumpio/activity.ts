import type { RenderedMessage } from './render-message.ts'

/** The recipients of an activity: the account's followers, everyone, or the people with these ids. */
export type Addressees = 'followers' | 'public' | readonly string[]

/** An ActivityStreams 1 activity that posts `object`. `followers` is the collection's URL. */
export function postActivity (object: object, audience: Addressees, followers: string): Record<string, unknown> {
  return { verb: 'post', object, ...addressees(audience, followers) }
}

/** An activity that sets the texts of `object`, addressed only to its author, a person's id. */
export function updateForAuthor (object: object, author: string): Record<string, unknown> {
  return { verb: 'update', object, ...addressees([author], '') }
}

/** The client chooses `id` (pump.io's "foreign ID"). `content` is HTML, and `displayName` is plain text. */
export function toNote (message: RenderedMessage, id: string): Record<string, unknown> {
  const { title } = message
  const content = toHtml(message)
  return {
    objectType: 'note',
    id,
    ...title !== undefined && { displayName: title },
    // pump.io displays nothing of a note without content.
    content: content === '' ? escapeHtml(title ?? '') : content
  }
}

/** HTML that displays the text with its lines, and its links. */
export function toHtml ({ text = '', url, actions = [] }: Pick<RenderedMessage, 'text' | 'url' | 'actions'>): string {
  const links = [...url === undefined ? [] : [{ title: url, url }], ...actions]
  return [
    ...text === '' ? [] : [escapeHtml(text).replace(/\r\n?|\n/g, '<br>\n')],
    ...links.map(({ title, url }) => `<a href="${escapeHtml(url)}">${escapeHtml(title)}</a>`)
  ].join('<br>\n')
}

const publicCollection = { objectType: 'collection', id: 'http://activityschema.org/collection/public' }

function addressees (audience: Addressees, followersUrl: string): object {
  // Without addressees, the host adds the followers itself, with the right URL.
  if (audience === 'followers') return {}
  // The public collection contains no people. Followers receive the activity because they are addressed too.
  if (audience === 'public') return { to: [publicCollection], cc: [{ objectType: 'collection', id: followersUrl }] }
  return { to: audience.map((id) => ({ objectType: 'person', id })) }
}

function escapeHtml (text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
