import type {
  Endpoint, EndpointAttempt, EndpointRequest, EndpointTestResult, EndpointUpdate, EndpointWithSecret
} from '../generated/contract.ts'
import { createList } from '../api/list.ts'
import type { List } from '../api/list.ts'
import { dataOf, toInit } from '../api/open-api.ts'
import type { Api, RequestOptions } from '../api/open-api.ts'
import type { Query } from '../api/query.ts'

/** URLs of yours that receive events as signed requests. */
export function createEndpoints (api: Api) {
  const path = (id: string) => ({ params: { path: { id } } })
  return {
    /** The result has the secret for `verifyWebhook`, which is not shown again. */
    create: async (endpoint: EndpointRequest, options: RequestOptions = {}): Promise<EndpointWithSecret> =>
      await dataOf(api.POST('/v1/endpoints', { body: endpoint, ...toInit(options) })),
    get: async (id: string, options: RequestOptions = {}): Promise<Endpoint> =>
      await dataOf(api.GET('/v1/endpoints/{id}', { ...path(id), ...toInit(options) })),
    list: (query: Query<'/v1/endpoints'> = {}, options: RequestOptions = {}): List<Endpoint> => createList(async (position) =>
      await dataOf(api.GET('/v1/endpoints', { params: { query: { ...query, ...position } }, ...toInit(options) }))),
    update: async (id: string, changes: EndpointUpdate, options: RequestOptions = {}): Promise<Endpoint> =>
      await dataOf(api.PATCH('/v1/endpoints/{id}', { ...path(id), body: changes, ...toInit(options) })),
    delete: async (id: string, options: RequestOptions = {}): Promise<void> => {
      await dataOf(api.DELETE('/v1/endpoints/{id}', { ...path(id), ...toInit(options) }))
    },
    /** A new secret. For a while, requests have signatures of both. */
    rotateSecret: async (id: string, options: RequestOptions = {}): Promise<EndpointWithSecret> =>
      await dataOf(api.POST('/v1/endpoints/{id}/rotate-secret', { ...path(id), ...toInit(options) })),
    /** Sends a test event now. */
    test: async (id: string, options: RequestOptions = {}): Promise<EndpointTestResult> =>
      await dataOf(api.POST('/v1/endpoints/{id}/test', { ...path(id), ...toInit(options) })),
    attempts: (id: string, query: Query<'/v1/endpoints/{id}/attempts'> = {}, options: RequestOptions = {}): List<EndpointAttempt> =>
      createList(async (position) => await dataOf(api.GET('/v1/endpoints/{id}/attempts', {
        params: { path: { id }, query: { ...query, ...position } }, ...toInit(options)
      })))
  }
}
