import { randomBytes } from 'node:crypto'

// Creating a hundred thousand accounts would spend most of its time on small calls of randomBytes.
const POOL_BYTES = 16_384
let pool = ''

/** Random letters and digits, for tokens. */
export function randomText (length: number): string {
  if (pool.length < length) pool = randomBytes(POOL_BYTES).toString('base64').replace(/[+/=]/g, '')
  const text = pool.slice(0, length)
  pool = pool.slice(length)
  return text
}
