import { createHash } from 'node:crypto'

/** The same bytes for the same words, in every run of the sandbox. */
export function hashOf (...words: Array<string | number>): Buffer {
  return createHash('sha256').update(words.join(' ')).digest()
}

/** An id like Facebook's: digits, without a leading zero. */
export function idOf (...words: Array<string | number>): string {
  return String(1 + hashOf(...words).readUInt8(8) % 9) + String(hashOf(...words).readBigUInt64BE() % 10n ** 15n).padStart(15, '0')
}
