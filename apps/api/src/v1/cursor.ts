import { assertNoInputErrors } from '../problems/problem.ts'

/**
 * A page of at most `limit` rows. `rows` may have one more, which shows that there is another page. Lists are in the order of
 * ids; a cursor is the id of a page's last row, or `cursorOf` makes it.
 */
export function toPage<Row, Item> (
  rows: Row[], limit: number, cursorOf: (row: Row) => string, toItem: (row: Row) => Item
): { data: Item[], nextCursor: string | null } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return { data: page.map(toItem), nextCursor: rows.length > limit && last !== undefined ? cursorOf(last) : null }
}

/** The id in a cursor; undefined when there is no cursor. Throws Problem `invalidInput` for a cursor that is not ours. */
export function fromCursor (cursor: string | undefined): string | undefined {
  return cursor === undefined ? undefined : readIds(cursor, 1)[0]
}

/** The two ids in a cursor of a list whose rows have two. */
export function fromPairCursor (cursor: string | undefined): [string, string] | undefined {
  if (cursor === undefined) return undefined
  const [first = '', second = ''] = readIds(cursor, 2)
  return [first, second]
}

export function toCursor (...ids: string[]): string {
  return Buffer.from(ids.join('').replaceAll('-', ''), 'hex').toString('base64url')
}

function readIds (cursor: string, count: number): string[] {
  const bytes = Buffer.from(cursor, 'base64url')
  const ids = Array.from({ length: count }, (_, index) => bytes.subarray(index * 16, index * 16 + 16).toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'))
  if (bytes.length !== count * 16 || toCursor(...ids) !== cursor) assertNoInputErrors([{ path: 'cursor', message: 'is not the nextCursor of a list' }])
  return ids
}
