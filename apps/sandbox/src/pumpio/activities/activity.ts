import type { Activity } from '../store/model.ts'
import type { StoredObject } from '../store/model.ts'
import type { User } from '../store/model.ts'

export const PUBLIC_ID = 'http://activityschema.org/collection/public'

export function isUser (object: StoredObject | User): object is User {
  return 'nickname' in object
}

/** What people mean when they say that somebody posted; the rest is commotion around it. */
export function isMajor (verb: string, objectType: string): boolean {
  if (verb === 'share' || verb === 'checkin') return true
  return (verb === 'post' || verb === 'create') && objectType !== 'comment' && objectType !== 'collection'
}

export function typeOf (object: StoredObject | User): string {
  return isUser(object) ? 'person' : object.objectType
}

/** Everybody sees what is public; else the actor and those it is addressed to, by name or as followers. */
export function maySee ({ actor, audience }: Activity, viewer: User | undefined): boolean {
  if (audience.isPublic) return true
  if (viewer === undefined) return false
  return viewer === actor || audience.people.includes(viewer) || (audience.isForFollowers && actor.followers.includes(viewer))
}
