import { controlFree } from '../problems/to-problem.ts'
import { assertNoInputErrors } from '../problems/problem.ts'

const allowed = new RegExp(controlFree, 'u')

/** A cursor of a list in the order of the site's ids: the id of a page's last row. */
export function toSiteIdCursor (id: string): string {
  return Buffer.from(id).toString('base64url')
}

/** Undefined when there is no cursor. Throws Problem `invalidInput` for a cursor that is not ours. */
export function fromSiteIdCursor (cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined
  const id = Buffer.from(cursor, 'base64url').toString()
  if (id === '' || id.length > 255 || !allowed.test(id) || toSiteIdCursor(id) !== cursor) {
    assertNoInputErrors([{ path: 'cursor', message: 'is not the nextCursor of a list' }])
  }
  return id
}
