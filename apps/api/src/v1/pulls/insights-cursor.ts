import type { InsightsPlace } from '@carillon/shared/pulls'
import { refuseFaults } from '../../problems/problem.ts'

/** The row that was given last, by its day and account: what the list is in the order of. */
export function toInsightsCursor ({ day, account }: InsightsPlace): string {
  return Buffer.from(`${day} ${account}`).toString('base64url')
}

/** Undefined when there is no cursor. A cursor that is none of ours is the caller's fault. */
export function fromInsightsCursor (cursor: string | undefined): InsightsPlace | undefined {
  if (cursor === undefined) return undefined
  const [, day, account] = /^((?!0000)\d{4}-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])) (\w+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  const isDay = day !== undefined && new Date(`${day}T00:00:00Z`).toJSON()?.startsWith(day) === true
  if (isDay && account !== undefined && toInsightsCursor({ day, account }) === cursor) return { day, account }
  refuseFaults([{ path: 'cursor', message: 'is not the nextCursor of a list' }])
}
