import { randomBytes } from 'node:crypto'

// Asking the system for a few bytes at a time is what making a hundred thousand accounts would mostly consist of.
const POOL_BYTES = 16_384
let pool = ''

/** Letters and digits, good enough for tokens. */
export function randomText (length: number): string {
  if (pool.length < length) pool = randomBytes(POOL_BYTES).toString('base64').replace(/[+/=]/g, '')
  const text = pool.slice(0, length)
  pool = pool.slice(length)
  return text
}
