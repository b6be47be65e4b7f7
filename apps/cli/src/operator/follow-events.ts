import { setTimeout } from 'node:timers/promises'
import { ApiError } from '../api-error.ts'
import type { EventFilter, EventsApi, SiteEvent } from './events-api.ts'

export interface FollowEventsOptions {
  /** The last event that is known. Undefined: the API had none that matches. */
  after: string | undefined
  /** Ends the generator. */
  signal: AbortSignal
  /** Called once when the connection to the API is lost, and once when it is back. */
  onConnection: (isConnected: boolean) => void
  retryMs?: number
}

/** After the id of no event, a stream starts at the oldest one. So nothing is missed before the first event arrives. */
const beforeAll = 'evt_00000000-0000-0000-0000-000000000000'

/** New events until the signal aborts. After a lost connection it continues after the last event. */
export async function * followEvents (
  { stream }: Pick<EventsApi, 'stream'>, filter: EventFilter, { after, signal, onConnection, retryMs = 1_000 }: FollowEventsOptions
): AsyncGenerator<SiteEvent> {
  let lastEventId = after ?? beforeAll
  let isConnected = true
  while (!signal.aborted) {
    try {
      for await (const { event, id, data } of stream(filter, { lastEventId, signal })) {
        if (!isConnected) onConnection(true)
        isConnected = true
        if (event === 'open') continue
        yield JSON.parse(data)
        lastEventId = id ?? lastEventId
      }
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof ApiError && error.status < 500 && error.status !== 429) throw error
    }
    if (isConnected) onConnection(false)
    isConnected = false
    await setTimeout(retryMs, undefined, { signal }).catch(() => {})
  }
}

/** What to tell the user when `onConnection` is called. */
export function describeApiState (isConnected: boolean): string {
  return isConnected ? 'connected to the API again' : 'the API does not respond; trying again'
}
