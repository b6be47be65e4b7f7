import { Type } from 'typebox'
import type { Static } from 'typebox'
import { nullable, timeField } from '../../input/fields.ts'
import { findAttention } from '../../status/find-attention.ts'
import type { Status } from '../../status/status.ts'
import { providerResponse, toProviderResponse } from '../providers/response.ts'

const clockAheadMs = 'How far the clock of the API is ahead of it, in milliseconds'

export const statusResponse = Type.Object({
  ok: Type.Boolean({ description: 'Whether nothing needs attention' }),
  attention: Type.Array(Type.Object({
    severity: Type.Enum(['error', 'warning'], { description: '`error`: messages wait or may be lost until a person acts' }),
    subject: Type.String({ description: '`workers`, `database`, `queue`, `keys`, or a provider' }),
    explanation: Type.String(),
    nextStep: Type.String()
  }, { title: 'Attention' }), { description: 'What needs attention, errors first' }),
  version: Type.String({ description: 'The version of the API process that responds' }),
  at: timeField,
  workers: Type.Array(Type.Object({
    host: Type.String(),
    pid: Type.Integer(),
    version: Type.String(),
    alive: Type.Boolean({ description: 'Whether it was seen within the last 20 seconds' }),
    startedAt: timeField,
    seenAt: timeField,
    runningJobs: Type.Integer(),
    providers: Type.Array(Type.String(), { description: 'The providers that it sends through' }),
    clockAheadMs: Type.Union([Type.Number(), Type.Null()], { description: 'How far its clock is ahead of that of PostgreSQL, in milliseconds' })
  }, { title: 'WorkerStatus' }), { description: 'The workers of the last ten minutes, except those that shut down normally' }),
  providers: Type.Array(providerResponse),
  broadcasts: Type.Object({
    unplanned: Type.Integer({ description: 'Broadcasts that are due and that no worker has planned' }),
    oldestAt: Type.Union([timeField, Type.Null()], { description: 'When the oldest of them was due' })
  }, { title: 'WaitingBroadcasts' }),
  database: Type.Object({
    version: Type.String({ description: 'The version of PostgreSQL' }),
    clockAheadMs: Type.Number({ description: clockAheadMs }),
    connections: Type.Integer(),
    maxConnections: Type.Integer(),
    migrations: Type.Object({
      applied: Type.Integer(),
      missing: Type.Array(Type.String()),
      newer: Type.Boolean({ description: 'Whether the tables are those of a newer Carillon' }),
      usable: Type.Boolean({ description: 'Whether this version can use them' })
    }, { title: 'Migrations' })
  }, { title: 'DatabaseStatus' }),
  queue: Type.Object({
    kind: Type.Enum(['redis', 'postgres']),
    responds: Type.Boolean(),
    product: Type.Union([Type.Enum(['Redis', 'Valkey']), Type.Null()], { description: 'Null when the jobs are in PostgreSQL' }),
    version: nullable(Type.String()),
    evictionPolicy: nullable(Type.String()),
    clockAheadMs: Type.Union([Type.Number(), Type.Null()], { description: clockAheadMs })
  }, { title: 'QueueStatus' })
}, { title: 'Status' })

export function toStatusResponse (status: Status): Static<typeof statusResponse> {
  const { version, now, workers, providers, unplanned, database, queue: { kind, redis } } = status
  const attention = findAttention(status)
  const { migrations: { isNewer: newer, isUsable: usable, ...migrations }, ...facts } = database
  return {
    ok: attention.length === 0,
    attention,
    version,
    at: now.toISOString(),
    workers: workers.map(({ id, isAlive: alive, startedAt, seenAt, ...worker }) => ({
      ...worker, alive, startedAt: startedAt.toISOString(), seenAt: seenAt.toISOString()
    })),
    providers: providers.map(toProviderResponse),
    broadcasts: { unplanned: unplanned.number, oldestAt: unplanned.oldestAt?.toISOString() ?? null },
    database: { ...facts, migrations: { ...migrations, newer, usable } },
    queue: {
      kind,
      responds: redis !== null,
      product: redis?.product ?? null,
      version: redis?.version ?? null,
      evictionPolicy: redis?.evictionPolicy ?? null,
      clockAheadMs: redis?.clockAheadMs ?? null
    }
  }
}
