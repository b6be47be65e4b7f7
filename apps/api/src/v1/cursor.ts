import { assertNoInputErrors } from '../problems/problem.ts'

/**
 * A page of at most `limit` rows. `rows` may have one more, which shows that there is another page. Lists are in the order of
 * ids; a cursor is the id of a page's last row.
 */
export function toPage<Row, Item> (
  rows: Row[], limit: number, idOf: (row: Row) => string, toItem: (row: Row) => Item
): { data: Item[], nextCursor: string | null } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return { data: page.map(toItem), nextCursor: rows.length > limit && last !== undefined ? toCursor(idOf(last)) : null }
}

/** The id in a cursor; undefined when there is no cursor. Throws Problem `invalidInput` for a cursor that is not ours. */
export function fromCursor (cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined
  const bytes = Buffer.from(cursor, 'base64url')
  const id = bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  if (bytes.length !== 16 || toCursor(id) !== cursor) assertNoInputErrors([{ path: 'cursor', message: 'is not the nextCursor of a list' }])
  return id
}

function toCursor (id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')
}
