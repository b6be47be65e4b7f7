import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { Connection } from '@carillon/shared/connections'
import { publicId } from '@carillon/shared/db'
import type { PullStatus } from '@carillon/shared/pulls'
import { connectionStatuses } from '../connections/response.ts'
import { listOf, nullable, timeField } from '../../input/fields.ts'

const decimal = (description: string) => Type.String({ description: `${description}: a decimal number, exactly as the provider sent it` })

const insightsRowResponse = Type.Object({
  account: Type.String({ description: 'The id of the ad account, such as `act_123`' }),
  accountName: Type.String(),
  currency: Type.String({ description: 'The currency of `spend`' }),
  day: Type.String({ format: 'date', description: 'In the time zone of the ad account' }),
  impressions: decimal('Impressions'),
  clicks: decimal('Clicks'),
  spend: decimal('Spend')
}, { title: 'InsightsRow' })

const insightsTotalResponse = Type.Object({
  currency: Type.String(),
  impressions: decimal('Impressions in all days and accounts with this currency'),
  clicks: decimal('Clicks in all days and accounts with this currency'),
  spend: decimal('Spend in all days and accounts with this currency')
}, { title: 'InsightsTotal' })

const moment = (description: string) => Type.Union([timeField, Type.Null()], { description })

export const pullResponse = Type.Object({
  state: Type.Enum(['waiting', 'running']),
  dueAt: Type.String({ format: 'date-time', description: 'When the next read is due' }),
  startedAt: moment('When the last read started'),
  endedAt: moment('When the last read ended, successfully or not'),
  succeededAt: moment('When the last complete read ended'),
  reason: Type.Union([Type.String(), Type.Null()], { description: 'Why the next read waits, such as `rateLimited`' }),
  failedAt: moment('When a read last failed. It stays after later reads succeed'),
  failure: Type.Union([Type.String(), Type.Null()], { description: 'Why it failed' })
}, { title: 'Pull' })

const pullSourceResponse = Type.Object({
  id: Type.String({ description: '`con_…`' }),
  status: Type.Enum(connectionStatuses),
  statusReason: nullable(Type.String())
})

const insightsPage = Type.Object({
  ...listOf(insightsRowResponse).properties,
  totals: Type.Array(insightsTotalResponse, { description: 'Sums over all pages, one for each currency' }),
  connection: Type.Object(pullSourceResponse.properties, { title: 'PullSource', description: 'The connection that the data is read through' }),
  pull: Type.Union([pullResponse, Type.Null()], { description: 'The status of reading. Null before the first read' })
}, { title: 'InsightsPage' })

export const insightsResponse = {
  200: {
    description: 'With `Accept: text/csv`: all rows, without `limit` and `cursor`',
    content: {
      'application/json': { schema: insightsPage },
      'text/csv': { schema: Type.String() }
    }
  }
}

export function toPullResponse (pull: PullStatus): Static<typeof pullResponse> {
  const { dueAt, startedAt, endedAt, succeededAt, failedAt, ...rest } = pull
  return {
    ...rest,
    dueAt: dueAt.toISOString(),
    startedAt: startedAt?.toISOString() ?? null,
    endedAt: endedAt?.toISOString() ?? null,
    succeededAt: succeededAt?.toISOString() ?? null,
    failedAt: failedAt?.toISOString() ?? null
  }
}

export function toPullSourceResponse ({ id, status, statusReason }: Connection): Static<typeof pullSourceResponse> {
  return { id: publicId('connection', id), status, statusReason }
}
