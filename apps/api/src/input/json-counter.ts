import { assertNoInputErrors } from '../problems/problem.ts'

/** How much JSON a route reads, whatever the size of its text. */
export interface JsonLimits {
  /** Objects, arrays, strings, numbers and literals. */
  maxValues: number
  /** Fields of all objects together. */
  maxFields: number
}

export interface JsonCounter {
  /** Counts the next bytes of a document. Throws `invalidInput` as soon as one limit is passed. */
  count: (bytes: Uint8Array) => void
}

const maxDepth = 64
/** So many bytes of a string without a quote or a backslash let the native search take over, which has a price per call. */
const plainRun = 64

/**
 * Counts what `JSON.parse` would build, from the bytes as they arrive: parsing 4 MiB of `{}` takes 350 ms and 100 MB, and
 * counting stops after the first part of it. Does not check the syntax.
 */
export function createJsonCounter ({ maxValues, maxFields }: JsonLimits): JsonCounter {
  let values = 1
  let fields = 0
  let depth = 0
  let isOpened = false
  let isInString = false
  let isEscaped = false

  return {
    count: (bytes) => {
      for (let position = 0; position < bytes.length; position++) {
        if (isInString) {
          position = skipString(bytes, position)
          continue
        }
        const byte = bytes[position] ?? 0
        if (byte <= 0x20) continue
        if (byte === 0x22) isInString = true
        else if (byte === 0x3a) fields++
        else if (byte === 0x2c) values++
        else if (byte === 0x7b || byte === 0x5b) depth++
        else if (byte === 0x7d || byte === 0x5d) {
          depth--
          // The commas between the children of an object or array are one less than the children.
          if (!isOpened) values++
        }
        isOpened = byte === 0x7b || byte === 0x5b
        if (values > maxValues || fields > maxFields || depth > maxDepth) refuse()
      }
    }
  }

  /** The position of the last byte that belongs to the string. */
  function skipString (bytes: Uint8Array, start: number): number {
    let plain = 0
    for (let position = start; position < bytes.length; position++) {
      const byte = bytes[position]
      if (isEscaped) isEscaped = false
      else if (byte === 0x5c) isEscaped = true
      else if (byte === 0x22) {
        isInString = false
        return position
      } else if (++plain < plainRun) continue
      else position = nextSpecial(bytes, position + 1) - 1
      plain = 0
    }
    return bytes.length
  }

  function refuse (): void {
    if (depth > maxDepth) assertNoInputErrors([{ path: '', message: `is nested deeper than ${maxDepth} levels` }])
    const limit = fields > maxFields ? `${maxFields} fields` : `${maxValues} values`
    assertNoInputErrors([{ path: '', message: `has more than ${limit}, which is the limit of this call` }])
  }
}

/** The position of the next quote or backslash, or the end. */
function nextSpecial (bytes: Uint8Array, from: number): number {
  const quote = bytes.indexOf(0x22, from)
  const end = quote === -1 ? bytes.length : quote
  const backslash = bytes.subarray(from, end).indexOf(0x5c)
  return backslash === -1 ? end : from + backslash
}
