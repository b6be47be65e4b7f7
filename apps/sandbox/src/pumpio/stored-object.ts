import type { Activity } from './activity.ts'
import type { Fields } from './fields.ts'
import type { User } from './users.ts'

/** A note, an image, a comment, a person elsewhere: whatever an activity can be about, but for the users of this host. */
export interface StoredObject {
  objectType: string
  id: string
  uuid: string
  /** Chosen by a client, which then finds the object by `?id=`. */
  isForeignId: boolean
  /** `http://HOST:PORT`, as the request that brought it called this server. */
  origin: string
  author?: User | undefined
  published: string
  updated: string
  deleted?: string
  /** What else its author said of it. */
  fields: Fields
  inReplyTo?: StoredObject
  /** The activity that posted it. An object that is there without one has been uploaded, not posted. */
  post?: Activity
  replies: StoredObject[]
  likers: User[]
  sharers: User[]
}

/** Where something of the object is to be had: itself, or its `likes`, `replies` or `shares`. */
export function urlOf ({ origin, objectType, id, uuid, isForeignId }: StoredObject, feed?: string): string {
  const path = [origin, 'api', objectType, ...(isForeignId ? [] : [uuid]), ...(feed === undefined ? [] : [feed])].join('/')
  return isForeignId ? `${path}?id=${encodeURIComponent(id)}` : path
}
