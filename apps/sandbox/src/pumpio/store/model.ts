import type { Fields } from '../http/fields.ts'

/** As the client wrote it, or as pump.io filled it in. */
export type Addresses = Partial<Record<(typeof ADDRESS_FIELDS)[number], Fields[]>>

export const ADDRESS_FIELDS = ['to', 'cc', 'bto', 'bcc'] as const

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

export interface User {
  nickname: string
  /** `NAME@HOST:PORT`, by which the sandbox's controls know the account. */
  account: string
  published: string
  /** Oldest first, as everything here; what is listed is listed newest first. */
  inbox: Activity[]
  outbox: Activity[]
  followers: User[]
  following: User[]
  favorites: StoredObject[]
  uploads: StoredObject[]
}
