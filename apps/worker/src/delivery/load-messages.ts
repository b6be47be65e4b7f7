import type { Database } from '@carillon/shared/db'
import type { Message } from '@carillon/shared/providers'
import type { DeliverServices } from './deliver-services.ts'

/** What is sent, by the ids of the notifications. */
export type DueMessages = ReadonlyMap<string, DueMessage>

export interface DueMessage {
  message: Message
  /** When its notification was accepted, or should be sent, in milliseconds since the epoch. */
  dueAt: number
  /** The id of the request that created the notification. */
  requestId: string | null
  traceparent?: string | null
}

export async function loadMessages ({ sql }: Database, notificationIds: string[]): Promise<DueMessages> {
  const ids = [...new Set(notificationIds)]
  const rows = await sql<Array<Required<DueMessage> & { id: string }>>`
    select id, message, extract(epoch from coalesce(send_at, created_at))::float8 * 1000 as "dueAt", request_id as "requestId", traceparent
    from notifications where id = any (${ids}::uuid[])`
  return new Map(rows.map(({ id, message, dueAt, requestId, traceparent }) => [id, { message, dueAt, requestId, traceparent }]))
}

/** The services for a batch, whose log lines name the requests that the batch stems from. */
export function withRequestIds (services: DeliverServices, messages: DueMessages): DeliverServices {
  const requestIds = [...new Set([...messages.values()].flatMap(({ requestId }) => requestId ?? []))]
  return requestIds.length === 0 ? services : { ...services, log: services.log.child({ requestIds }) }
}
