import type { EndpointDelivery, Event, ResendRequest } from '../generated/contract.ts'
import { createList } from '../api/list.ts'
import type { List } from '../api/list.ts'
import { dataOf, toInit } from '../api/open-api.ts'
import type { Api, RequestOptions } from '../api/open-api.ts'
import type { Query } from '../api/query.ts'
import { readEvents } from '../events/read-events.ts'
import type { StreamOptions } from '../events/read-events.ts'

/** What endpoints receive, without an endpoint. */
export function createEvents (api: Api) {
  return {
    get: async (id: string, options: RequestOptions = {}): Promise<Event> =>
      await dataOf(api.GET('/v1/events/{id}', { params: { path: { id } }, ...toInit(options) })),
    list: (query: Query<'/v1/events'> = {}, options: RequestOptions = {}): List<Event> => createList(async (position) =>
      await dataOf(api.GET('/v1/events', { params: { query: { ...query, ...position } }, ...toInit(options) }))),
    /** Which endpoints receive the event, and when the next attempt is. */
    deliveries: async (id: string, options: RequestOptions = {}): Promise<EndpointDelivery[]> =>
      (await dataOf(api.GET('/v1/events/{id}/deliveries', { params: { path: { id } }, ...toInit(options) }))).data,
    /** Sends the event again, with the same id: to one endpoint, or to every enabled endpoint that receives its type. */
    resend: async (id: string, resend: ResendRequest = {}, options: RequestOptions = {}): Promise<EndpointDelivery[]> =>
      (await dataOf(api.POST('/v1/events/{id}/resend', { params: { path: { id } }, body: resend, ...toInit(options) }))).data,
    /** Events as they happen. After a lost connection it continues, and with `lastEventId` after a restart too. */
    async * stream (options: StreamOptions = {}): AsyncGenerator<Event> {
      for await (const { data } of readEvents(api, '/v1/events/stream', options)) yield JSON.parse(data)
    }
  }
}
