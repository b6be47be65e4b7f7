import type { Clock } from '../../kit/clock.ts'
import type { Fields } from '../http/fields.ts'
import { randomKey } from '../oauth/random-token.ts'
import type { StoredObject, User } from './model.ts'
import { stamp } from './users.ts'

interface NewObject {
  objectType: string
  /** Default: a URL on this host. */
  id?: string | undefined
  origin: string
  author?: User | undefined
  fields: Fields
  inReplyTo?: StoredObject | undefined
}

export interface Objects {
  create: (object: NewObject) => StoredObject
  byId: (objectType: string, id: string) => StoredObject | undefined
  byUuid: (objectType: string, uuid: string) => StoredObject | undefined
  reset: () => void
}

/** The types that have addresses below `/api/`. */
export const OBJECT_TYPES = new Set(['alert', 'application', 'article', 'audio', 'badge', 'binary', 'bookmark', 'collection', 'comment',
  'device', 'event', 'file', 'game', 'group', 'image', 'issue', 'job', 'note', 'offer', 'organization', 'other', 'page', 'permission', 'person',
  'place', 'process', 'product', 'question', 'review', 'service', 'task', 'video'])

export function createObjects (clock: Clock): Objects {
  const ids = new Map<string, StoredObject>()
  const uuids = new Map<string, StoredObject>()

  return {
    create ({ objectType, id, origin, author, fields, inReplyTo }) {
      const uuid = randomKey()
      const now = stamp(clock)
      const object: StoredObject = {
        objectType,
        uuid,
        id: id ?? `${origin}/api/${objectType}/${uuid}`,
        isForeignId: id !== undefined,
        origin,
        author,
        published: textOr(fields['published'], now),
        updated: textOr(fields['updated'], now),
        fields,
        ...(inReplyTo !== undefined && { inReplyTo }),
        replies: [],
        likers: [],
        sharers: []
      }
      ids.set(`${objectType} ${object.id}`, object)
      uuids.set(`${objectType} ${uuid}`, object)
      inReplyTo?.replies.push(object)
      return object
    },

    byId: (objectType, id) => ids.get(`${objectType} ${id}`),
    byUuid: (objectType, uuid) => uuids.get(`${objectType} ${uuid}`),

    reset () {
      ids.clear()
      uuids.clear()
    }
  }
}

function textOr (value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback
}
