import type { PumpioMessage } from './message.ts'

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
export function renderNote ({ title, body, url }: PumpioMessage, id: string): Record<string, unknown> {
  const content = [body, url].filter((part) => part !== undefined && part !== '').length > 0
    ? renderContent({ ...body !== undefined && { body }, ...url !== undefined && { url } })
    // pump.io displays nothing of a note without content.
    : escapeHtml(title ?? '')
  return { objectType: 'note', id, ...title !== undefined && title !== '' && { displayName: title }, content }
}

/** Converts text to HTML that displays the same text, with its lines and its link. */
export function renderContent ({ body, url }: { body?: string, url?: string }): string {
  const text = escapeHtml(body ?? '').replace(/\r\n?|\n/g, '<br>\n')
  const link = url === undefined ? '' : `<a href="${escapeHtml(url)}">${escapeHtml(url)}</a>`
  return [text, link].filter((part) => part !== '').join('<br>\n')
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
