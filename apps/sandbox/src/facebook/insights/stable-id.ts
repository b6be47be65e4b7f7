import { createHash } from 'node:crypto'

/** The same bytes for the same words, whenever and wherever the sandbox runs. */
export function hashOf (...words: Array<string | number>): Buffer {
  return createHash('sha256').update(words.join(' ')).digest()
}

/** An id such as Facebook gives: digits, never beginning with a zero. */
export function idOf (...words: Array<string | number>): string {
  return String(1 + hashOf(...words).readUInt8(8) % 9) + String(hashOf(...words).readBigUInt64BE() % 10n ** 15n).padStart(15, '0')
}
