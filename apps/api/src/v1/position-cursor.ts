import { assertNoInputErrors } from '../problems/problem.ts'

/** A cursor of the position of a page's last item, for lists in the order of positions from 1. */
export function toPositionCursor (position: number): string {
  return Buffer.from(String(position)).toString('base64url')
}

/** 0 when there is no cursor. Throws Problem `invalidInput` for a cursor that is not ours. */
export function fromPositionCursor (cursor: string | undefined): number {
  if (cursor === undefined) return 0
  const text = Buffer.from(cursor, 'base64url').toString()
  if (!/^[1-9]\d{0,8}$/.test(text) || toPositionCursor(Number(text)) !== cursor) {
    assertNoInputErrors([{ path: 'cursor', message: 'is not the nextCursor of a list' }])
  }
  return Number(text)
}
