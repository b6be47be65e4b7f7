import { and, desc, eq, isNotNull, isNull, lt } from 'drizzle-orm'
import { endpointAttempts, endpoints, newId } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import type { AttemptResult } from './endpoint-client.ts'

export interface EndpointAttempt {
  id: string
  eventId: string
  eventType: string
  /** The time of the response, or of the error. */
  at: Date
  durationMs: number
  status: number | null
  /** Null when the endpoint accepted the event. */
  error: string | null
}

/** Stores an attempt that belongs to no delivery. False when the endpoint does not exist any more. */
export async function recordAttempt (
  { db }: Database, of: { endpointId: string, eventId: string, eventType: string, at: Date }, result: AttemptResult
): Promise<boolean> {
  const { status, durationMs, error } = result
  return await db.transaction(async (tx) => {
    const found = await tx.select({ id: endpoints.id }).from(endpoints).where(eq(endpoints.id, of.endpointId)).for('key share')
    if (found.length === 0) return false
    await tx.insert(endpointAttempts).values({ id: newId(), ...of, status, durationMs, error })
    return true
  })
}

export interface AttemptFilter {
  endpointId: string
  eventId?: string | undefined
  outcome?: 'succeeded' | 'failed' | undefined
}

/** Newest first. */
export async function listAttempts (
  { db }: Database, { endpointId, eventId, outcome }: AttemptFilter,
  { limit, after }: { limit: number, after?: string | undefined }
): Promise<EndpointAttempt[]> {
  const { id, at, durationMs, status, error, ...columns } = endpointAttempts
  return db.select({ id, eventId: columns.eventId, eventType: columns.eventType, at, durationMs, status, error })
    .from(endpointAttempts)
    .where(and(
      eq(columns.endpointId, endpointId),
      eventId === undefined ? undefined : eq(columns.eventId, eventId),
      outcome === undefined ? undefined : outcome === 'failed' ? isNotNull(error) : isNull(error),
      after === undefined ? undefined : lt(id, after)
    )).orderBy(desc(id)).limit(limit)
}
