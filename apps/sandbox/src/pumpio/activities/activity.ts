import type { Activity, StoredObject, User } from '../store/model.ts'

export const PUBLIC_ID = 'http://activityschema.org/collection/public'

export function isUser (object: StoredObject | User): object is User {
  return 'nickname' in object
}

/** Major activities are posts and shares. The rest is minor, such as likes and comments. */
export function isMajor (verb: string, objectType: string): boolean {
  if (verb === 'share' || verb === 'checkin') return true
  return (verb === 'post' || verb === 'create') && objectType !== 'comment' && objectType !== 'collection'
}

export function typeOf (object: StoredObject | User): string {
  return isUser(object) ? 'person' : object.objectType
}

/** A public activity is visible to all. Others are visible to the actor and to the receivers. */
export function maySee ({ actor, audience }: Activity, viewer: User | undefined): boolean {
  if (audience.isPublic) return true
  if (viewer === undefined) return false
  return viewer === actor || audience.people.includes(viewer) || (audience.isForFollowers && actor.followers.includes(viewer))
}
