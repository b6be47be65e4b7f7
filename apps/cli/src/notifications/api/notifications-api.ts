import { openApiClient } from '../../api-client.ts'
import type { EventOptions } from '../../api-client.ts'
import { ApiError } from '../../api-error.ts'
import type { CommandContext } from '../../command-context.ts'
import { readPages } from '../../lists/read-pages.ts'
import type { ServerEvent } from '../../read-events.ts'
import type { Delivery, DeliveryState, ExplainedDelivery, MessageAction, Notification, NotificationInput } from './notification.ts'

export type Action = 'pause' | 'resume' | 'cancel' | 'retry'

export interface NotificationsApi {
  preview: (input: Pick<NotificationInput, 'audience' | 'message' | 'providers'>) => Promise<Preview>
  create: (input: NotificationInput) => Promise<Notification>
  find: (id: string) => Promise<Notification>
  /** Newest first. */
  list: (limit: number, filter?: NotificationFilter) => Promise<Notification[]>
  control: (id: string, action: Action) => Promise<Notification>
  deliveries: (id: string, options: DeliveryFilter & { limit?: number }) => AsyncGenerator<Delivery[], boolean>
  explain: (id: string, connectionId: string) => Promise<ExplainedDelivery>
  events: (id: string, options: EventOptions) => AsyncGenerator<ServerEvent>
}

export interface NotificationFilter {
  userId?: string | undefined
  status?: Notification['status'] | undefined
}

interface DeliveryFilter {
  state?: DeliveryState | undefined
  provider?: string | undefined
  userId?: string | undefined
}

export interface Preview {
  total: number
  providers: ProviderPreview[]
  estimatedSeconds: number | null
}

export interface ProviderPreview {
  provider: string
  reachable: number
  parked: number
  muted: number
  /** What recipients see. */
  shows?: {
    title?: string
    text?: string
    url?: string
    image?: string
    file?: { name: string, type: string }
    actions?: MessageAction[]
    style?: Record<string, string | string[]>
    shortened: string[]
    omitted: string[]
  }
  /** Why the provider would refuse the message. */
  refuses?: string
}

export async function openNotificationsApi (env: CommandContext['env']): Promise<NotificationsApi> {
  const api = await openApiClient(env)
  const path = (id: string, ...rest: string[]) => ['/v1/notifications', ...[id, ...rest].map(encodeURIComponent)].join('/')
  const get = async <Result>(address: string) => await api.get(address) as Result

  return {
    preview: async ({ audience, message, providers }) => await api.post('/v1/notifications/preview', { audience, message, providers }) as Preview,
    create: async (input) => await api.post('/v1/notifications', input).catch(throwUncertain) as Notification,
    find: async (id) => await get(path(id)),
    async list (limit, filter = {}) {
      const all: Notification[] = []
      for await (const page of readPages<Notification>(api, '/v1/notifications', { ...filter }, limit)) all.push(...page)
      return all
    },
    control: async (id, action) => await api.post(path(id, action)) as Notification,
    deliveries: (id, { limit = Infinity, ...filter }) => readPages(api, path(id, 'deliveries'), filter, limit),
    explain: async (id, connectionId) => await get(path(id, 'deliveries', connectionId)),
    events: (id, options) => api.events(path(id, 'events'), options)
  }
}

/** If the response is lost, the API may have accepted the notification. */
function throwUncertain (error: unknown): never {
  if (error instanceof ApiError) throw error
  throw new Error(`${error instanceof Error && error.message !== '' ? error.message : 'the API does not respond'}; the API may have accepted it: check with \`carillon notifications\``)
}
