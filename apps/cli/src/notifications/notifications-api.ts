import { openApiClient } from '../api-client.ts'
import type { EventOptions } from '../api-client.ts'
import { ApiError } from '../api-error.ts'
import type { CommandContext } from '../command-context.ts'
import type { ServerEvent } from '../read-events.ts'
import type { Delivery, DeliveryState, ExplainedDelivery, Notification, Wish } from './notification.ts'

export type Step = 'pause' | 'resume' | 'cancel' | 'retry'

export interface NotificationsApi {
  preview: (wish: Pick<Wish, 'audience' | 'providers'>) => Promise<Preview>
  create: (wish: Wish) => Promise<Notification>
  find: (id: string) => Promise<Notification>
  /** Newest first. */
  list: (limit: number) => Promise<Notification[]>
  steer: (id: string, step: Step) => Promise<Notification>
  deliveries: (id: string, options: { state?: DeliveryState | undefined, limit?: number }) => AsyncGenerator<Delivery[]>
  explain: (id: string, connectionId: string) => Promise<ExplainedDelivery>
  events: (id: string, options: EventOptions) => AsyncGenerator<ServerEvent>
}

export interface Preview {
  total: number
  providers: Array<{ provider: string, reachable: number, parked: number }>
  estimatedSeconds: number | null
}

const mostPerPage = 200

export async function openNotificationsApi (env: CommandContext['env']): Promise<NotificationsApi> {
  const api = await openApiClient(env)
  const path = (id: string, ...rest: string[]) => ['/v1/notifications', ...[id, ...rest].map(encodeURIComponent)].join('/')
  const get = async <Answer>(address: string) => await api.get(address) as Answer

  async function * pages<Item> (address: string, query: Record<string, string>, limit: number): AsyncGenerator<Item[]> {
    let left = limit
    let cursor: string | null = null
    do {
      const parameters = new URLSearchParams({ ...query, limit: String(Math.min(left, mostPerPage)) })
      if (cursor !== null) parameters.set('cursor', cursor)
      const page: Page<Item> = await get(`${address}?${parameters}`)
      yield page.data
      left -= page.data.length
      cursor = page.nextCursor
    } while (cursor !== null && left > 0)
  }

  return {
    preview: async ({ audience, providers }) => await api.post('/v1/notifications/preview', { audience, providers }) as Preview,
    create: async (wish) => await api.post('/v1/notifications', wish).catch(doubt) as Notification,
    find: async (id) => await get(path(id)),
    async list (limit) {
      const all: Notification[] = []
      for await (const page of pages<Notification>('/v1/notifications', {}, limit)) all.push(...page)
      return all
    },
    steer: async (id, step) => await api.post(path(id, step)) as Notification,
    deliveries: (id, { state, limit = Infinity }) => pages(path(id, 'deliveries'), state === undefined ? {} : { state }, limit),
    explain: async (id, connectionId) => await get(path(id, 'deliveries', connectionId)),
    events: (id, options) => api.events(path(id, 'events'), options)
  }
}

interface Page<Item> {
  data: Item[]
  nextCursor: string | null
}

/** An answer that got lost does not mean that nobody is rung. */
function doubt (error: unknown): never {
  if (error instanceof ApiError) throw error
  throw new Error(`${error instanceof Error && error.message !== '' ? error.message : 'the API does not answer'}; whether it was accepted is not known: \`carillon notifications\` tells`)
}
