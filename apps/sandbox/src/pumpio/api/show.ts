import { isUser, maySee } from '../activities/activity.ts'
import type { Activity, StoredObject, User } from '../store/model.ts'

/** The user who reads, and the requested host. */
export interface View {
  viewer: User | undefined
  /** `http://HOST:PORT` */
  origin: string
}

export function personId ({ nickname }: User, origin: string): string {
  return `acct:${nickname}@${origin.replace(/^https?:\/\//, '')}`
}

export function profileUrl ({ nickname }: User, origin: string): string {
  return `${origin}/api/user/${nickname}/profile`
}

export function followersUrl ({ nickname }: User, origin: string): string {
  return `${origin}/api/user/${nickname}/followers`
}

export function showPerson (user: User, { viewer, origin }: View): Record<string, unknown> {
  const base = `${origin}/api/user/${user.nickname}`
  return {
    objectType: 'person',
    id: personId(user, origin),
    preferredUsername: user.nickname,
    displayName: user.nickname,
    url: `${origin}/${user.nickname}`,
    published: user.published,
    updated: user.published,
    links: {
      self: { href: `${base}/profile` },
      'activity-inbox': { href: `${base}/inbox` },
      'activity-outbox': { href: `${base}/feed` }
    },
    followers: { url: `${base}/followers`, totalItems: user.followers.length },
    following: { url: `${base}/following`, totalItems: user.following.length },
    favorites: { url: `${base}/favorites`, totalItems: user.favorites.length },
    lists: { url: `${base}/lists/person`, totalItems: 0 },
    ...(viewer !== undefined && { pump_io: { followed: viewer.following.includes(user) } })
  }
}

export function showObject (object: StoredObject, view: View, { hasAuthor = true } = {}): Record<string, unknown> {
  const { objectType, id, uuid, author, published, updated, deleted, fields, inReplyTo, likers, replies, sharers } = object
  const by = author !== undefined && hasAuthor ? { author: showPerson(author, view) } : {}
  const known = { id, objectType, published, updated, ...by }
  if (deleted !== undefined) return { ...known, deleted }
  return {
    ...fields,
    ...known,
    ...(inReplyTo !== undefined && { inReplyTo: reference(inReplyTo) }),
    ...(author !== undefined && { url: `${object.origin}/${author.nickname}/${objectType}/${uuid}` }),
    links: { self: { href: urlOf(object) } },
    likes: { url: urlOf(object, 'likes'), totalItems: likers.length },
    replies: { url: urlOf(object, 'replies'), totalItems: replies.length },
    shares: { url: urlOf(object, 'shares'), totalItems: sharers.length },
    ...(view.viewer !== undefined && { liked: likers.includes(view.viewer), pump_io: { shared: sharers.includes(view.viewer) } })
  }
}

function reference (object: StoredObject): Record<string, unknown> {
  return { id: object.id, objectType: object.objectType, links: { self: { href: urlOf(object) } } }
}

export function showThing (thing: StoredObject | User, view: View): Record<string, unknown> {
  return isUser(thing) ? showPerson(thing, view) : showObject(thing, view)
}

export function showActivity (activity: Activity, view: View): Record<string, unknown> {
  const { uuid, id, isForeignId, verb, actor, object, published, updated, deleted, fields, origin } = activity
  const { generator, content, addresses: { to, cc, bto, bcc } } = activity
  const known = { id, actor: showPerson(actor, view), object: showSubject(verb, object, view), published, updated }
  if (deleted !== undefined) return { ...known, deleted }
  return {
    ...fields,
    verb,
    ...known,
    generator,
    content,
    ...(to !== undefined && { to }),
    ...(cc !== undefined && { cc }),
    // Only the author sees blind copies.
    ...(view.viewer === actor && bto !== undefined && { bto }),
    ...(view.viewer === actor && bcc !== undefined && { bcc }),
    ...(!isForeignId && { url: `${origin}/${actor.nickname}/activity/${uuid}`, links: { self: { href: `${origin}/api/activity/${uuid}` } } })
  }
}

/** pump.io omits the author of an object that its author posts. */
function showSubject (verb: string, object: StoredObject | User, view: View): Record<string, unknown> {
  return isUser(object) ? showPerson(object, view) : showObject(object, view, { hasAuthor: verb !== 'post' })
}

/** The visibility of the activity that posted it. Only the author sees an uploaded object. */
export function maySeeObject ({ author, post }: StoredObject, viewer: User | undefined): 'yes' | 'no' | 'unposted' {
  if (viewer !== undefined && author === viewer) return 'yes'
  if (post === undefined) return 'unposted'
  return maySee(post, viewer) ? 'yes' : 'no'
}

/** The address of the object, or of its `likes`, `replies` or `shares`. */
export function urlOf ({ origin, objectType, id, uuid, isForeignId }: StoredObject, feed?: string): string {
  const path = [origin, 'api', objectType, ...(isForeignId ? [] : [uuid]), ...(feed === undefined ? [] : [feed])].join('/')
  return isForeignId ? `${path}?id=${encodeURIComponent(id)}` : path
}
