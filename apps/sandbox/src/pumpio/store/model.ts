import type { Fields } from '../http/fields.ts'

/** The addresses from the client, or pump.io's default. */
export type Addresses = Partial<Record<(typeof ADDRESS_FIELDS)[number], Fields[]>>

export const ADDRESS_FIELDS = ['to', 'cc', 'bto', 'bcc'] as const

/** The users of this host that an activity is addressed to. */
export interface Audience {
  isPublic: boolean
  isForFollowers: boolean
  /** Addressed by name. */
  people: User[]
  /** Those who receive it in their `direct` inbox. */
  direct: User[]
}

export interface Activity {
  uuid: string
  id: string
  /** The client chose the id, so the activity has no address. */
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
  /** The client's other fields, such as `title`, `location` and `target`. */
  fields: Fields
}

/** The object of an activity: a note, an image, a comment, a person of another host. Users of this host are not stored here. */
export interface StoredObject {
  objectType: string
  id: string
  uuid: string
  /** The client chose the id, and finds the object by `?id=`. */
  isForeignId: boolean
  /** `http://HOST:PORT` of the request that created it. */
  origin: string
  author?: User | undefined
  published: string
  updated: string
  deleted?: string
  /** The author's other fields. */
  fields: Fields
  inReplyTo?: StoredObject
  /** The activity that posted it. An uploaded object has none. */
  post?: Activity
  replies: StoredObject[]
  likers: User[]
  sharers: User[]
}

export interface User {
  nickname: string
  /** `NAME@HOST:PORT` */
  account: string
  published: string
  /** Oldest first, like all lists here. Responses list the newest first. */
  inbox: Activity[]
  outbox: Activity[]
  followers: User[]
  following: User[]
  favorites: StoredObject[]
  uploads: StoredObject[]
}
