import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { Connection } from '@carillon/shared/connections'
import { publicId } from '@carillon/shared/db'
import type { PullStanding } from '@carillon/shared/pulls'
import { connectionStatuses } from '../connections/response.ts'
import { listOf, nullable, timeField } from '../fields.ts'

const decimal = (description: string) => Type.String({ description: `${description}; a decimal number, exactly as it was told` })

export const shownRow = Type.Object({
  account: Type.String({ description: "The ad account's id, such as `act_123`" }),
  accountName: Type.String(),
  currency: Type.String({ description: 'Of `spend`' }),
  day: Type.String({ format: 'date', description: "In the ad account's own time zone" }),
  impressions: decimal('Impressions'),
  clicks: decimal('Clicks'),
  spend: decimal('What was spent')
})

const shownTotal = Type.Object({
  currency: Type.String(),
  impressions: decimal('Of all days and accounts of this currency'),
  clicks: decimal('The same of clicks'),
  spend: decimal('The same of what was spent')
})

const moment = (description: string) => Type.Union([timeField, Type.Null()], { description })

export const shownPull = Type.Object({
  state: Type.Enum(['waiting', 'running']),
  dueAt: Type.String({ format: 'date-time', description: 'When it is read next, or should have been' }),
  startedAt: moment('When reading last began'),
  endedAt: moment('And when it ended, well or not'),
  succeededAt: moment('When all of it was read last'),
  reason: Type.Union([Type.String(), Type.Null()], { description: 'Why it is not read yet, such as `rateLimited`' }),
  failedAt: moment('When it last failed. It stays when all is well again'),
  failure: Type.Union([Type.String(), Type.Null()], { description: 'And why' })
})

const shownSource = Type.Object({
  id: Type.String({ description: '`con_…`' }),
  status: Type.Enum(connectionStatuses),
  statusReason: nullable(Type.String())
})

export const insightsPage = Type.Object({
  ...listOf(shownRow).properties,
  totals: Type.Array(shownTotal, { description: 'Sums of all that was asked for, on whichever page; one for each currency' }),
  connection: Type.Object(shownSource.properties, { description: 'What it is read through' }),
  pull: Type.Union([shownPull, Type.Null()], { description: 'How reading it goes; null where it has not begun' })
})

export function toShownPull (standing: PullStanding): Static<typeof shownPull> {
  const { dueAt, startedAt, endedAt, succeededAt, failedAt, ...rest } = standing
  return {
    ...rest,
    dueAt: dueAt.toISOString(),
    startedAt: startedAt?.toISOString() ?? null,
    endedAt: endedAt?.toISOString() ?? null,
    succeededAt: succeededAt?.toISOString() ?? null,
    failedAt: failedAt?.toISOString() ?? null
  }
}

export function toShownSource ({ id, status, statusReason }: Connection): Static<typeof shownSource> {
  return { id: publicId('connection', id), status, statusReason }
}
