import { invalidParam } from '../http/pushbullet-error.ts'
import type { Timestamps } from './timestamps.ts'

/** What every object of Pushbullet's has. Times are unix seconds. */
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

/**
 * Objects of one kind, ordered by their last change. Changing one makes a new object of it: whoever holds an older
 * state, such as the inbox, keeps it.
 */
export interface Collection<T extends object> {
  create: (fields: T) => T & Entry
  /** Undefined when it never was, or is deleted. */
  get: (iden: string) => (T & Entry) | undefined
  /** As `get`, but a deleted one is found as what is left of it. */
  trace: (iden: string) => (T & Entry) | Entry | undefined
  values: () => Array<T & Entry>
  update: (iden: string, changes: Partial<T>) => (T & Entry) | undefined
  /** Says whether there was anything to delete. What is left of it stays listed. */
  remove: (iden: string) => boolean
  removeAll: () => void
  list: (query: ListQuery) => { page: Array<(T & Entry) | Entry>, cursor?: string }
}

const LARGEST_PAGE = 500

export function createCollection<T extends object> (prefix: string, timestamps: Timestamps): Collection<T> {
  // Insertion order is the order of change: what changes is taken out and put in again.
  const living = new Map<string, T & Entry>()
  const deleted = new Map<string, Entry>()
  let created = 0

  const collection: Collection<T> = {
    create (fields) {
      const now = timestamps.next()
      const iden = prefix + (created++).toString(36).padStart(6, '0')
      const entry = { iden, active: true, created: now, modified: now, ...fields }
      living.set(iden, entry)
      return entry
    },

    get: (iden) => living.get(iden),

    trace: (iden) => living.get(iden) ?? deleted.get(iden),

    values: () => [...living.values()],

    update (iden, changes) {
      const entry = living.get(iden)
      if (entry === undefined) return undefined
      const changed = { ...entry, ...changes, modified: timestamps.next() }
      living.delete(iden)
      living.set(iden, changed)
      return changed
    },

    remove (iden) {
      const entry = living.get(iden)
      if (entry === undefined) return false
      living.delete(iden)
      deleted.set(iden, { iden, active: false, created: entry.created, modified: timestamps.next() })
      return true
    },

    removeAll () {
      for (const iden of [...living.keys()]) collection.remove(iden)
    },

    list (query) {
      const limit = readLimit(query.limit)
      const after = readTime('modified_after', query.modified_after, 0)
      const before = readCursor(query.cursor)
      const entries = query.active === 'true' ? [...living.values()] : merged(living, deleted)
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

function merged<T extends Entry> (living: Map<string, T>, deleted: Map<string, Entry>): Array<T | Entry> {
  if (deleted.size === 0) return [...living.values()]
  return [...living.values(), ...deleted.values()].sort((one, other) => one.modified - other.modified)
}

/** Pushbullet's largest page is also its default; more than that is not refused, only not given. */
function readLimit (value: string | undefined): number {
  if (value === undefined || value === '') return LARGEST_PAGE
  const limit = Number(value)
  if (!Number.isInteger(limit) || limit < 1) throw invalidParam('limit')
  return Math.min(limit, LARGEST_PAGE)
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
