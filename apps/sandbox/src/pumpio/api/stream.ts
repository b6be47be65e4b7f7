import type { ParsedUrlQuery } from 'node:querystring'
import validator from 'validator'
import { HttpError } from '../http/http-error.ts'

/** The requested part of a stream. At most one of before, since and start applies. */
export interface StreamArgs {
  count: number
  before?: string
  since?: string
  start?: number
}

export interface StreamPage<T> {
  /** Newest first. */
  items: T[]
  /** Whether there are older items. pump.io guesses in some cases. */
  hasNext: boolean
}

const DEFAULT_COUNT = 20
const MAX_COUNT = 200

export function readStreamArgs (query: ParsedUrlQuery): StreamArgs {
  const { count, before, since, offset } = query
  const args: StreamArgs = { count: count === undefined ? DEFAULT_COUNT : readInt(count, MAX_COUNT, `Count must be between 0 and ${MAX_COUNT}`) }
  if (before !== undefined) args.before = readId(before)
  if (since !== undefined) {
    if (before !== undefined) throw new HttpError(400, "Can't have both 'before' and 'since' parameters")
    args.since = readId(since)
  }
  if (offset !== undefined) {
    if (before !== undefined) throw new HttpError(400, "Can't have both 'before' and 'offset' parameters")
    if (since !== undefined) throw new HttpError(400, "Can't have both 'since' and 'offset' parameters")
    args.start = readInt(offset, undefined, 'Offset must be an integer greater than or equal to zero')
  }
  return before === undefined && since === undefined ? { start: 0, ...args } : args
}

/** `stream` is oldest first. `name` appears in the error about an unknown id. */
export function pageOf<T> (stream: T[], idOf: (item: T) => string, args: StreamArgs, name: string): StreamPage<T> {
  const { count, before, since, start = 0 } = args
  if (before !== undefined) {
    const items = slice(stream, positionOf(before) + 1, count)
    return { items, hasNext: items.length >= count }
  }
  if (since !== undefined) {
    const position = positionOf(since)
    const first = Math.max(0, position - count)
    return { items: slice(stream, first, position - first), hasNext: true }
  }
  const items = slice(stream, start, count)
  return { items, hasNext: start + items.length < stream.length }

  /** Counted from the newest. pump.io does not search an empty stream. */
  function positionOf (id: string): number {
    const index = stream.findLastIndex((item) => idOf(item) === id)
    if (index === -1 && stream.length > 0) throw new HttpError(400, `id '${id}' not found in stream '${name}'`)
    return stream.length - 1 - index
  }
}

function slice<T> (stream: T[], start: number, count: number): T[] {
  const end = Math.max(0, stream.length - start)
  return stream.slice(Math.max(0, end - count), end).reverse()
}

function readInt (value: string | string[], max: number | undefined, message: string): number {
  if (validator.isInt(text(value), { min: 0, ...(max !== undefined && { max }) })) return Number(value)
  throw new HttpError(400, message)
}

function readId (value: string | string[]): string {
  if (text(value) === '') throw new HttpError(400, `${text(value)} is null`)
  return text(value).trim()
}

/** The validator accepts only text. */
function text (value: string | string[]): string {
  if (typeof value !== 'string') throw new HttpError(400, 'Expected a string but received a Array')
  return value
}
