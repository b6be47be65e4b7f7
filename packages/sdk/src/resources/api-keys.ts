import type { ApiKey, ApiKeyRequest, ApiKeyRotation, ApiKeyUpdate, ApiKeyWithKey } from '../generated/contract.ts'
import { createList } from '../api/list.ts'
import type { List } from '../api/list.ts'
import { dataOf, toInit } from '../api/open-api.ts'
import type { Api, RequestOptions } from '../api/open-api.ts'
import type { Query } from '../api/query.ts'

/** Keys for this API. The client needs one with the scope `admin`. */
export function createApiKeys (api: Api) {
  const path = (id: string) => ({ params: { path: { id } } })
  return {
    /** The result has the key itself, which is not shown again. */
    create: async (key: ApiKeyRequest, options: RequestOptions = {}): Promise<ApiKeyWithKey> =>
      await dataOf(api.POST('/v1/api-keys', { body: key, ...toInit(options) })),
    get: async (id: string, options: RequestOptions = {}): Promise<ApiKey> =>
      await dataOf(api.GET('/v1/api-keys/{id}', { ...path(id), ...toInit(options) })),
    list: (query: Query<'/v1/api-keys'> = {}, options: RequestOptions = {}): List<ApiKey> => createList(async (position) =>
      await dataOf(api.GET('/v1/api-keys', { params: { query: { ...query, ...position } }, ...toInit(options) }))),
    update: async (id: string, changes: ApiKeyUpdate, options: RequestOptions = {}): Promise<ApiKey> =>
      await dataOf(api.PATCH('/v1/api-keys/{id}', { ...path(id), body: changes, ...toInit(options) })),
    /** A new secret, which is not shown again. The earlier one works for `overlapSeconds`, by default 24 hours. */
    rotate: async (id: string, rotation: ApiKeyRotation = {}, options: RequestOptions = {}): Promise<ApiKeyWithKey> =>
      await dataOf(api.POST('/v1/api-keys/{id}/rotate', { ...path(id), body: rotation, ...toInit(options) })),
    revoke: async (id: string, options: RequestOptions = {}): Promise<void> => {
      await dataOf(api.DELETE('/v1/api-keys/{id}', { ...path(id), ...toInit(options) }))
    }
  }
}
