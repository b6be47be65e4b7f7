import { html } from '../../kit/pages/html.ts'
import type { StoredObject, User } from '../store/model.ts'
import { isUser, typeOf } from './activity.ts'

const IRREGULAR: Record<string, string> = { 'stop-following': 'stopped following', leave: 'left', checkin: 'checked into', send: 'sent' }

/** `alice posted a note`, with links. */
export function contentOf (verb: string, actor: User, object: StoredObject | User, origin: string): string {
  const done = IRREGULAR[verb] ?? (verb.endsWith('e') ? `${verb}d` : verb.endsWith('y') ? `${verb.slice(0, -1)}ied` : `${verb}ed`)
  return html`<a href='${origin}/${actor.nickname}'>${actor.nickname}</a> ${done} <a href='${pageOf(object, origin)}'>${nameOf(object)}</a>`.text
}

function pageOf (object: StoredObject | User, origin: string): string {
  if (isUser(object)) return `${origin}/${object.nickname}`
  return object.author === undefined ? object.id : `${origin}/${object.author.nickname}/${object.objectType}/${object.uuid}`
}

function nameOf (object: StoredObject | User): string {
  if (isUser(object)) return object.nickname
  const name = object.fields['displayName']
  if (typeof name === 'string' && name !== '') return name
  return `${/^[aeiou]/.test(typeOf(object)) ? 'an' : 'a'} ${typeOf(object)}`
}
