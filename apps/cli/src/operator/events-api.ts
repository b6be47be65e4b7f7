import { openApiClient } from '../api-client.ts'
import type { EventOptions } from '../api-client.ts'
import type { CommandContext } from '../command-context.ts'
import type { ServerEvent } from '../read-events.ts'

/** What changed, as the API shows it. */
export interface SiteEvent {
  id: string
  type: string
  createdAt: string
  data: Record<string, unknown>
}

export interface EventFilter {
  type?: string
  user?: string
}

export interface EventsApi {
  /** The latest events that match, oldest first. */
  latest: (filter: EventFilter, limit: number) => Promise<SiteEvent[]>
  stream: (filter: EventFilter, options: EventOptions) => AsyncGenerator<ServerEvent>
}

export async function openEventsApi (env: CommandContext['env']): Promise<EventsApi> {
  const api = await openApiClient(env)
  return {
    latest: async (filter, limit) => {
      const { data } = await api.get(`/v1/events?${query(filter, { limit: String(limit) })}`) as { data: SiteEvent[] }
      return data.reverse()
    },
    stream: (filter, options) => api.events(`/v1/events/stream?${query(filter)}`, options)
  }
}

function query ({ type, user }: EventFilter, more: Record<string, string> = {}): URLSearchParams {
  return new URLSearchParams({ ...type !== undefined && { type }, ...user !== undefined && { userId: user }, ...more })
}
