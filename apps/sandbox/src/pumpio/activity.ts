import type { Fields } from './fields.ts'
import type { StoredObject } from './stored-object.ts'
import type { User } from './users.ts'

export const PUBLIC_ID = 'http://activityschema.org/collection/public'

export const ADDRESS_FIELDS = ['to', 'cc', 'bto', 'bcc'] as const

/** As the client wrote it, or as pump.io filled it in. */
export type Addresses = Partial<Record<typeof ADDRESS_FIELDS[number], Fields[]>>

/** Who of this host is meant. */
export interface Audience {
  isPublic: boolean
  isForFollowers: boolean
  /** By name. */
  people: User[]
  /** Those of them who find it in their `direct` inbox. */
  direct: User[]
}

export interface Activity {
  uuid: string
  id: string
  /** A client may choose the id, and then there is no address to fetch the activity at. */
  isForeignId: boolean
  origin: string
  verb: string
  actor: User
  object: StoredObject | User
  addresses: Addresses
  audience: Audience
  generator: object
  /** A summary in HTML. */
  content: string
  published: string
  updated: string
  deleted?: string
  /** What else the client said: `title`, `location`, `target` and the like. */
  fields: Fields
}

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
