import type {
  Delivery, DeliveryDetails, Notification, NotificationBatch, NotificationBatchRequest, NotificationPreview, NotificationRequest,
  PreviewRequest, RecipientExplanation, UnreachableRecipient
} from '../generated/contract.ts'
import { createList } from '../api/list.ts'
import type { List } from '../api/list.ts'
import { dataOf, toInit } from '../api/open-api.ts'
import type { Api, RequestOptions } from '../api/open-api.ts'
import type { Query } from '../api/query.ts'
import { readEvents } from '../events/read-events.ts'
import type { StreamOptions } from '../events/read-events.ts'

/** What changes while a notification is sent. */
export type NotificationProgress = Pick<Notification, 'status' | 'deliveries' | 'counts' | 'progress'>

export function createNotifications (api: Api) {
  const path = (id: string) => ({ params: { path: { id } } })
  return {
    /** Accepts the notification. It is sent after that, or at `sendAt`. */
    send: async (notification: NotificationRequest, options: RequestOptions = {}): Promise<Notification> =>
      await dataOf(api.POST('/v1/notifications', { body: notification, ...toInit(options) })),
    sendBatch: async (batch: NotificationBatchRequest, options: RequestOptions = {}): Promise<NotificationBatch> =>
      await dataOf(api.POST('/v1/notifications/batch', { body: batch, ...toInit(options) })),
    /** What each provider would show, and to how many connections. */
    preview: async (notification: PreviewRequest, options: RequestOptions = {}): Promise<NotificationPreview> =>
      await dataOf(api.POST('/v1/notifications/preview', { body: notification, ...toInit(options) })),
    get: async (id: string, options: RequestOptions = {}): Promise<Notification> =>
      await dataOf(api.GET('/v1/notifications/{id}', { ...path(id), ...toInit(options) })),
    list: (query: Query<'/v1/notifications'> = {}, options: RequestOptions = {}): List<Notification> => createList(async (position) =>
      await dataOf(api.GET('/v1/notifications', { params: { query: { ...query, ...position } }, ...toInit(options) }))),
    pause: async (id: string, options: RequestOptions = {}): Promise<Notification> =>
      await dataOf(api.POST('/v1/notifications/{id}/pause', { ...path(id), ...toInit(options) })),
    resume: async (id: string, options: RequestOptions = {}): Promise<Notification> =>
      await dataOf(api.POST('/v1/notifications/{id}/resume', { ...path(id), ...toInit(options) })),
    cancel: async (id: string, options: RequestOptions = {}): Promise<Notification> =>
      await dataOf(api.POST('/v1/notifications/{id}/cancel', { ...path(id), ...toInit(options) })),
    /** Sends the failed deliveries again. */
    retry: async (id: string, options: RequestOptions = {}): Promise<Notification> =>
      await dataOf(api.POST('/v1/notifications/{id}/retry', { ...path(id), ...toInit(options) })),
    /** The users whom the notification does not reach. */
    unreachable: (id: string, query: Query<'/v1/notifications/{id}/unreachable'> = {}, options: RequestOptions = {}): List<UnreachableRecipient> =>
      createList(async (position) => await dataOf(api.GET('/v1/notifications/{id}/unreachable', {
        params: { path: { id }, query: { ...query, ...position } }, ...toInit(options)
      }))),
    deliveries: (id: string, query: Query<'/v1/notifications/{id}/deliveries'> = {}, options: RequestOptions = {}): List<Delivery> =>
      createList(async (position) => await dataOf(api.GET('/v1/notifications/{id}/deliveries', {
        params: { path: { id }, query: { ...query, ...position } }, ...toInit(options)
      }))),
    /** One delivery with its history, and a sentence that explains its state. */
    delivery: async (id: string, connectionId: string, options: RequestOptions = {}): Promise<DeliveryDetails> =>
      await dataOf(api.GET('/v1/notifications/{id}/deliveries/{connectionId}', { params: { path: { id, connectionId } }, ...toInit(options) })),
    /** Why one user gets the notification or not, in sentences. */
    why: async (id: string, userId: string, options: RequestOptions = {}): Promise<RecipientExplanation> =>
      await dataOf(api.GET('/v1/notifications/{id}/why', { params: { path: { id }, query: { userId } }, ...toInit(options) })),
    /** The progress, each time that it changes, until no delivery changes any more. */
    async * events (id: string, options: StreamOptions = {}): AsyncGenerator<NotificationProgress> {
      for await (const { type, data } of readEvents(api, `/v1/notifications/${encodeURIComponent(id)}/events`, options)) {
        if (type === 'progress') yield JSON.parse(data)
      }
    }
  }
}
