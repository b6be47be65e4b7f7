import { randomFillSync } from 'node:crypto'
import { v7, validate } from 'uuid'

const prefixes = {
  user: 'usr',
  team: 'tea',
  connection: 'con',
  handshake: 'hsk',
  notification: 'ntf',
  apiKey: 'key',
  event: 'evt',
  endpoint: 'end',
  auditEntry: 'aud'
} as const

export type IdKind = keyof typeof prefixes

/**
 * A new UUIDv7, as the database stores it. Ids of one process sort by creation time. Their time comes from the monotonic clock,
 * because an id selects the weekly partition of a delivery, and changes of the machine's clock must not.
 */
export function newId (): string {
  const now = Math.floor(performance.timeOrigin + performance.now())
  const random = randomBytes()
  if (now > msecs) [msecs, seq] = [now, firstOf(random)]
  else [msecs, seq] = seq === maxCounter ? [msecs + 1, firstOf(random)] : [msecs, seq + 1]
  return v7({ random, msecs, seq })
}

const maxCounter = 2 ** 32 - 1
let msecs = 0
let seq = 0

/** The initial counter of a millisecond (RFC 9562 §6.2, method 1), in the lower half to leave room for increments. */
function firstOf (random: Uint8Array): number {
  return new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 1
}

const pool = new Uint8Array(16 * 256)
let used = pool.length

/** Returns 16 bytes of a large random pool: one call of `randomFillSync` per id costs more than the rest of the id. */
function randomBytes (): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += 16
  return pool.subarray(used - 16, used)
}

/** The id that follows `id` after `count` others of the same origin: the same one for 0, and the same ones each time. */
export function idAfter (id: string, count: number): string {
  const last = (parseInt(id.slice(-8), 16) + count) % 2 ** 32
  return `${id.slice(0, -8)}${last.toString(16).padStart(8, '0')}`
}

/** The id in the format of the API: `ntf_0199…`. */
export function publicId (kind: IdKind, id: string): string {
  return `${prefixes[kind]}_${id}`
}

/** The UUID inside a public id. Undefined when the id is not of that kind. */
export function parseId (kind: IdKind, text: string): string | undefined {
  const [prefix, id, ...rest] = text.split('_')
  return prefix === prefixes[kind] && id !== undefined && rest.length === 0 && validate(id) ? id.toLowerCase() : undefined
}
