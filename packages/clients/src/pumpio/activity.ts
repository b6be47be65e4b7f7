import type { PumpioMessage } from './message.ts'

/** Who sees an activity: everybody who follows the account, everybody, or the people with these ids. */
export type Addressees = 'followers' | 'public' | readonly string[]

/** An ActivityStreams 1 activity that posts `object`. `followers` is the collection's URL. */
export function postActivity (object: object, audience: Addressees, followers: string): Record<string, unknown> {
  return { verb: 'post', object, ...addressees(audience, followers) }
}

/** Gives `object` its words, and addresses its author alone, a person's id. */
export function updateForAuthor (object: object, author: string): Record<string, unknown> {
  return { verb: 'update', object, ...addressees([author], '') }
}

/** `id` is the client's to choose (pump.io's "foreign ID"); `content` is HTML, `displayName` is not. */
export function renderNote ({ title, body, url }: PumpioMessage, id: string): Record<string, unknown> {
  const content = [body, url].filter((part) => part !== undefined && part !== '').length > 0
    ? renderContent({ ...body !== undefined && { body }, ...url !== undefined && { url } })
    // A note without content is one that pump.io shows nothing of.
    : escapeHtml(title ?? '')
  return { objectType: 'note', id, ...title !== undefined && title !== '' && { displayName: title }, content }
}

/** Text as HTML that shows just that text, its lines and its link. */
export function renderContent ({ body, url }: { body?: string, url?: string }): string {
  const text = escapeHtml(body ?? '').replace(/\r\n?|\n/g, '<br>\n')
  const link = url === undefined ? '' : `<a href="${escapeHtml(url)}">${escapeHtml(url)}</a>`
  return [text, link].filter((part) => part !== '').join('<br>\n')
}

const publicCollection = { objectType: 'collection', id: 'http://activityschema.org/collection/public' }

function addressees (audience: Addressees, followersUrl: string): object {
  // Without any addressee the host names the followers itself, by the URL that is right for it.
  if (audience === 'followers') return {}
  // The public collection is no list of people: followers get it in their inboxes because they are named too.
  if (audience === 'public') return { to: [publicCollection], cc: [{ objectType: 'collection', id: followersUrl }] }
  return { to: audience.map((id) => ({ objectType: 'person', id })) }
}

function escapeHtml (text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
