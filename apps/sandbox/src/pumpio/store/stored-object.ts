import type { StoredObject } from './model.ts'

/** Where something of the object is to be had: itself, or its `likes`, `replies` or `shares`. */
export function urlOf ({ origin, objectType, id, uuid, isForeignId }: StoredObject, feed?: string): string {
  const path = [origin, 'api', objectType, ...(isForeignId ? [] : [uuid]), ...(feed === undefined ? [] : [feed])].join('/')
  return isForeignId ? `${path}?id=${encodeURIComponent(id)}` : path
}
