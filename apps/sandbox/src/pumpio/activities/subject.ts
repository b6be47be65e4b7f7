import { isFields } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import { HttpError, noSuchThing } from '../http/http-error.ts'
import type { StoredObject, User } from '../store/model.ts'
import type { Objects } from '../store/objects.ts'
import type { Users } from '../store/users.ts'
import { personOf } from './audience.ts'

/** The object of an activity, as the client sent it. */
export interface Subject {
  objectType: string
  id: string | undefined
  fields: Fields
}

type Thing = StoredObject | User

/** The fields that the server sets. */
const SERVER_FIELDS = ['id', 'objectType', 'author', 'links', 'likes', 'replies', 'shares', 'liked', 'pump_io', 'inReplyTo', 'url', 'published', 'updated']

export function readSubject (value: unknown): Subject {
  // Not an HttpError: without an object, pump.io sends 500.
  if (!isFields(value)) throw new Error('Activity has no object')
  const { objectType, id } = value
  if (id !== undefined && typeof id !== 'string') throw new TypeError('no id in activity object')
  const { displayName } = value
  if (displayName !== undefined && displayName !== null && typeof displayName !== 'string') {
    throw new TypeError('displayName property is not a string')
  }
  return { objectType: typeof objectType === 'string' ? objectType : 'note', id, fields: value }
}

/** The author's fields, without those of the server and without private ones. */
export function authorFieldsOf (fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => {
    return !SERVER_FIELDS.includes(name) && !name.startsWith('_') && value !== null
  }))
}

export function findSubject (subject: Subject, objects: Objects, users: Users, origin: string): Thing | undefined {
  const { objectType, id, fields } = subject
  if (id === undefined) return undefined
  if (objectType === 'person') return personOf(fields, origin, users) ?? objects.byId(objectType, id)
  return objects.byId(objectType, id)
}

/** pump.io sends 400 when an activity names an unknown object. */
export function assertExists<T> (thing: T | undefined, { objectType, id }: Subject): T {
  if (thing === undefined) throw new HttpError(400, noSuchThing(objectType, String(id)))
  return thing
}
