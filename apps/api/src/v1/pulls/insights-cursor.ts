import type { InsightsPlace } from '@carillon/shared/pulls'
import { assertNoInputErrors } from '../../problems/problem.ts'

/** A cursor of the day and the account of a page's last row, which are the order of the list. */
export function toInsightsCursor ({ day, account }: InsightsPlace): string {
  return Buffer.from(`${day} ${account}`).toString('base64url')
}

/** Undefined when there is no cursor. Throws Problem `invalidInput` for a cursor that is not ours. */
export function fromInsightsCursor (cursor: string | undefined): InsightsPlace | undefined {
  if (cursor === undefined) return undefined
  const [, day, account] = /^((?!0000)\d{4}-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])) (\w+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  const isDay = day !== undefined && new Date(`${day}T00:00:00Z`).toJSON()?.startsWith(day) === true
  if (isDay && account !== undefined && toInsightsCursor({ day, account }) === cursor) return { day, account }
  assertNoInputErrors([{ path: 'cursor', message: 'is not the nextCursor of a list' }])
}
