import type { TokenRevocation, UserStory, UserToken, UserTokenRequest } from '../generated/contract.ts'
import { dataOf, toInit } from '../api/open-api.ts'
import type { Api, RequestOptions } from '../api/open-api.ts'

export function createUsers (api: Api) {
  return {
    /** A token for the browser of one user. Creates the user if Carillon does not know `userId`, which is your own id. */
    token: async (user: UserTokenRequest, options: RequestOptions = {}): Promise<UserToken> =>
      await dataOf(api.POST('/v1/user-tokens', { body: user, ...toInit(options) })),
    /** Ends all tokens of the user, for example after a stolen session. */
    revokeTokens: async (userId: string, options: RequestOptions = {}): Promise<TokenRevocation> =>
      await dataOf(api.POST('/v1/users/{userId}/revoke-tokens', { params: { path: { userId } }, ...toInit(options) })),
    /** Why the user gets notifications or not, in sentences. */
    why: async (userId: string, options: RequestOptions = {}): Promise<UserStory> =>
      await dataOf(api.GET('/v1/users/{userId}/why', { params: { path: { userId } }, ...toInit(options) }))
  }
}
