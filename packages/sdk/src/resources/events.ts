import type { Event } from '../generated/contract.ts'
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
    /** Events as they happen. After a lost connection it continues, and with `lastEventId` after a restart too. */
    async * stream (options: StreamOptions = {}): AsyncGenerator<Event> {
      for await (const { data } of readEvents(api, '/v1/events/stream', options)) yield JSON.parse(data)
    }
  }
}
