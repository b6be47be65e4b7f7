import type { Connection, ConnectionDetails, ConnectionUpdate, ImportRequest, ImportResults, InsightsPage, TestResult } from '../generated/contract.ts'
import { createList } from '../api/list.ts'
import type { List } from '../api/list.ts'
import { dataOf, toInit } from '../api/open-api.ts'
import type { Api, RequestOptions } from '../api/open-api.ts'
import type { Query } from '../api/query.ts'

export function createConnections (api: Api) {
  return {
    get: async (id: string, options: RequestOptions = {}): Promise<ConnectionDetails> =>
      await dataOf(api.GET('/v1/connections/{id}', { params: { path: { id } }, ...toInit(options) })),
    list: (query: Query<'/v1/connections'> = {}, options: RequestOptions = {}): List<Connection> => createList(async (position) =>
      await dataOf(api.GET('/v1/connections', { params: { query: { ...query, ...position } }, ...toInit(options) }))),
    /** Sets the user's name for it, or mutes it. */
    update: async (id: string, changes: ConnectionUpdate, options: RequestOptions = {}): Promise<Connection> =>
      await dataOf(api.PATCH('/v1/connections/{id}', { params: { path: { id } }, body: changes, ...toInit(options) })),
    /** Erases the credentials, and revokes them at the provider. */
    disconnect: async (id: string, options: RequestOptions = {}): Promise<void> => {
      await dataOf(api.DELETE('/v1/connections/{id}', { params: { path: { id } }, ...toInit(options) }))
    },
    /** Sends a message at once, without the queue. */
    test: async (id: string, options: RequestOptions = {}): Promise<TestResult> =>
      await dataOf(api.POST('/v1/connections/{id}/test', { params: { path: { id } }, ...toInit(options) })),
    import: async (connections: ImportRequest['connections'], options: RequestOptions = {}): Promise<ImportResults> =>
      await dataOf(api.POST('/v1/connections/import', { body: { connections }, ...toInit(options) })),
    /** The numbers that Carillon read through the connection. */
    insights: async (
      id: string, name: string, query: Query<'/v1/connections/{id}/pulls/{name}'> & { cursor?: string } = {}, options: RequestOptions = {}
    ): Promise<InsightsPage> => await dataOf(api.GET('/v1/connections/{id}/pulls/{name}', {
      params: { path: { id, name }, query }, ...toInit(options)
    })),
    /** Sends a request to the provider's API in the user's name. Returns the provider's response, whatever its status. */
    request: async (id: string, path: string, init: RequestInit = {}): Promise<Response> =>
      await api.send(`/v1/connections/${encodeURIComponent(id)}/proxy/${path.replace(/^\/+/, '')}`, init)
  }
}
