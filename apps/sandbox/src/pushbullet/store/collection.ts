import type { Clock } from '../../kit/clock.ts'
import { invalidParam } from '../http/pushbullet-error.ts'

/** What every object of Pushbullet has. Times are Unix seconds. */
export interface Entry {
  iden: string
  active: boolean
  created: number
  modified: number
}

export interface ListQuery {
  modified_after?: string
  active?: string
  cursor?: string
  limit?: string
}

/** Pushbullet's times: Unix seconds with microseconds. Each is unique, so that `modified_after` misses no change. */
export interface Timestamps {
  next: () => number
  reset: () => void
}

export function createTimestamps (clock: Clock): Timestamps {
  let lastMicroseconds = 0
  return {
    next () {
      lastMicroseconds = Math.max(Math.floor(clock.nowMs() * 1000), lastMicroseconds + 1)
      return lastMicroseconds / 1e6
    },
    reset: () => { lastMicroseconds = 0 }
  }
}

/** Objects of one kind, ordered by their last change. A change creates a new object, so the inbox keeps the older state. */
export interface Collection<T extends object> {
  create: (fields: T) => T & Entry
  /** Undefined when the object does not exist or is deleted. */
  get: (iden: string) => (T & Entry) | undefined
  /** Like `get`, and also finds the rest of a deleted object. */
  trace: (iden: string) => (T & Entry) | Entry | undefined
  values: () => Array<T & Entry>
  update: (iden: string, changes: Partial<T>) => (T & Entry) | undefined
  /** Returns false when there was nothing to delete. The list keeps the rest of a deleted object. */
  remove: (iden: string) => boolean
  removeAll: () => void
  list: (query: ListQuery) => { page: Array<(T & Entry) | Entry>, cursor?: string }
}

const MAX_PAGE = 500

export function createCollection<T extends object> (prefix: string, timestamps: Timestamps): Collection<T> {
  // Insertion order is the order of change: a change removes and adds the entry.
  const current = new Map<string, T & Entry>()
  const deleted = new Map<string, Entry>()
  let created = 0

  const collection: Collection<T> = {
    create (fields) {
      const now = timestamps.next()
      const iden = prefix + (created++).toString(36).padStart(6, '0')
      const entry = { iden, active: true, created: now, modified: now, ...fields }
      current.set(iden, entry)
      return entry
    },

    get: (iden) => current.get(iden),

    trace: (iden) => current.get(iden) ?? deleted.get(iden),

    values: () => [...current.values()],

    update (iden, changes) {
      const entry = current.get(iden)
      if (entry === undefined) return undefined
      const changed = { ...entry, ...changes, modified: timestamps.next() }
      current.delete(iden)
      current.set(iden, changed)
      return changed
    },

    remove (iden) {
      const entry = current.get(iden)
      if (entry === undefined) return false
      current.delete(iden)
      deleted.set(iden, { iden, active: false, created: entry.created, modified: timestamps.next() })
      return true
    },

    removeAll () {
      for (const iden of [...current.keys()]) collection.remove(iden)
    },

    list (query) {
      const limit = readLimit(query.limit)
      const after = readTime('modified_after', query.modified_after, 0)
      const before = readCursor(query.cursor)
      const entries = query.active === 'true' ? [...current.values()] : merged(current, deleted)
      const page: Array<(T & Entry) | Entry> = []
      for (let index = entries.length - 1; index >= 0; index--) {
        const entry = entries[index]
        if (entry === undefined || entry.modified >= before) continue
        if (entry.modified <= after) break
        if (page.length === limit) return { page, cursor: writeCursor(page.at(-1)) }
        page.push(entry)
      }
      return { page }
    }
  }
  return collection
}

function merged<T extends Entry> (current: Map<string, T>, deleted: Map<string, Entry>): Array<T | Entry> {
  if (deleted.size === 0) return [...current.values()]
  return [...current.values(), ...deleted.values()].sort((one, other) => one.modified - other.modified)
}

/** Pushbullet's largest page is also its default. It accepts a larger limit and returns the largest page. */
function readLimit (value: string | undefined): number {
  if (value === undefined || value === '') return MAX_PAGE
  const limit = Number(value)
  if (!Number.isInteger(limit) || limit < 1) throw invalidParam('limit')
  return Math.min(limit, MAX_PAGE)
}

function readTime (name: string, value: string | undefined, fallback: number): number {
  if (value === undefined || value === '') return fallback
  const time = Number(value)
  if (!Number.isFinite(time)) throw invalidParam(name)
  return time
}

function writeCursor (last: Entry | undefined): string {
  return Buffer.from(String(last?.modified)).toString('base64url')
}

function readCursor (cursor: string | undefined): number {
  if (cursor === undefined || cursor === '') return Infinity
  const time = Number(Buffer.from(cursor, 'base64url').toString())
  if (!Number.isFinite(time) || time <= 0) throw invalidParam('cursor')
  return time
}
