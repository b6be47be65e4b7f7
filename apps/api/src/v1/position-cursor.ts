import { refuseFaults } from '../problems/problem.ts'

/** For lists that are in the order of their items' positions, which count from 1: the position that was given last. */
export function toPositionCursor (position: number): string {
  return Buffer.from(String(position)).toString('base64url')
}

/** 0 when there is no cursor. A cursor that is none of ours is the caller's fault. */
export function fromPositionCursor (cursor: string | undefined): number {
  if (cursor === undefined) return 0
  const text = Buffer.from(cursor, 'base64url').toString()
  if (!/^[1-9]\d{0,8}$/.test(text) || toPositionCursor(Number(text)) !== cursor) {
    refuseFaults([{ path: 'cursor', message: 'is not the nextCursor of a list' }])
  }
  return Number(text)
}
