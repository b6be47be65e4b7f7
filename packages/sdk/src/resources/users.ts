import type {
  Delivery, TokenRevocation, User, UserDeletion, UserExplanation, UserExport, UserToken, UserTokenRequest
} from '../generated/contract.ts'
import { createList } from '../api/list.ts'
import type { List } from '../api/list.ts'
import { dataOf, toInit } from '../api/open-api.ts'
import type { Api, RequestOptions } from '../api/open-api.ts'
import type { Query } from '../api/query.ts'

export function createUsers (api: Api) {
  return {
    /** A token for the browser of one user. Creates the user if Carillon does not know `userId`, which is your own id. */
    token: async (user: UserTokenRequest, options: RequestOptions = {}): Promise<UserToken> =>
      await dataOf(api.POST('/v1/user-tokens', { body: user, ...toInit(options) })),
    get: async (userId: string, options: RequestOptions = {}): Promise<User> =>
      await dataOf(api.GET('/v1/users/{userId}', { params: { path: { userId } }, ...toInit(options) })),
    list: (query: Query<'/v1/users'> = {}, options: RequestOptions = {}): List<User> => createList(async (position) =>
      await dataOf(api.GET('/v1/users', { params: { query: { ...query, ...position } }, ...toInit(options) }))),
    /** The deliveries to the user, of all notifications. */
    deliveries: (userId: string, query: Query<'/v1/users/{userId}/deliveries'> = {}, options: RequestOptions = {}): List<Delivery> =>
      createList(async (position) => await dataOf(api.GET('/v1/users/{userId}/deliveries', {
        params: { path: { userId }, query: { ...query, ...position } }, ...toInit(options)
      }))),
    /**
     * Ends all access of the user at once. A worker then revokes it at the providers and erases the data. Call it again, or
     * `deletion`, for the result.
     */
    delete: async (userId: string, options: RequestOptions = {}): Promise<UserDeletion> =>
      await dataOf(api.DELETE('/v1/users/{userId}', { params: { path: { userId } }, ...toInit(options) })),
    /** The latest deletion of the user. */
    deletion: async (userId: string, options: RequestOptions = {}): Promise<UserDeletion> =>
      await dataOf(api.GET('/v1/users/{userId}/deletion', { params: { path: { userId } }, ...toInit(options) })),
    /** Everything that is stored about the user, in memory. `carillon users export` prints a large one in parts. */
    export: async (userId: string, options: RequestOptions = {}): Promise<UserExport> =>
      await dataOf(api.GET('/v1/users/{userId}/export', { params: { path: { userId } }, ...toInit(options) })),
    /** Ends all tokens of the user, for example after a stolen session. */
    revokeTokens: async (userId: string, options: RequestOptions = {}): Promise<TokenRevocation> =>
      await dataOf(api.POST('/v1/users/{userId}/revoke-tokens', { params: { path: { userId } }, ...toInit(options) })),
    /** Why the user gets notifications or not, in sentences. */
    why: async (userId: string, options: RequestOptions = {}): Promise<UserExplanation> =>
      await dataOf(api.GET('/v1/users/{userId}/why', { params: { path: { userId } }, ...toInit(options) }))
  }
}
