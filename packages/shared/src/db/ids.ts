import { randomFillSync } from 'node:crypto'
import { v7, validate } from 'uuid'

const prefixes = { user: 'usr', team: 'tea', connection: 'con', handshake: 'hsk', notification: 'ntf', apiKey: 'key' } as const

export type IdKind = keyof typeof prefixes

/**
 * A new UUIDv7, as the database stores it. Those of one process sort by when they were made. The time in it is of the monotonic
 * clock: an id decides which week's partition a delivery goes to, also after the machine's clock was set.
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

/** A number to count on from in a millisecond (RFC 9562 §6.2, method 1), in the lower half, so that there is room. */
function firstOf (random: Uint8Array): number {
  return new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 1
}

const pool = new Uint8Array(16 * 256)
let used = pool.length

/** Sixteen, of many: asking for so few at a time costs more than all the rest of an id. */
function randomBytes (): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += 16
  return pool.subarray(used - 16, used)
}

/** The id as the API shows it: `ntf_0199…`. */
export function publicId (kind: IdKind, id: string): string {
  return `${prefixes[kind]}_${id}`
}

/** The UUID inside a public id, or undefined when it is not one of that kind. */
export function parseId (kind: IdKind, text: string): string | undefined {
  const [prefix, id, ...rest] = text.split('_')
  return prefix === prefixes[kind] && id !== undefined && rest.length === 0 && validate(id) ? id.toLowerCase() : undefined
}
