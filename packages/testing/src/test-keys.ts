import { randomBytes } from 'node:crypto'

/** A value for CARILLON_KEYS with one new key. */
export function testKeys (id = 'test'): string {
  return `${id}:${randomBytes(32).toString('base64')}`
}
