import type { UserToken, UserTokenRequest } from '../generated/contract.ts'
import { dataOf, toInit } from '../api/open-api.ts'
import type { Api, RequestOptions } from '../api/open-api.ts'

export function createUsers (api: Api) {
  return {
    /** A token for the browser of one user. Creates the user if Carillon does not know `userId`, which is your own id. */
    token: async (user: UserTokenRequest, options: RequestOptions = {}): Promise<UserToken> =>
      await dataOf(api.POST('/v1/user-tokens', { body: user, ...toInit(options) }))
  }
}
