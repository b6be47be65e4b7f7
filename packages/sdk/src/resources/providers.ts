import type { Connector, ProviderStatus, PushKey } from '../generated/contract.ts'
import { dataOf, toInit } from '../api/open-api.ts'
import type { Api, RequestOptions } from '../api/open-api.ts'

/** What the user of a token can connect. */
export function createConnectors (api: Api) {
  return {
    list: async ({ teamId }: { teamId?: string } = {}, options: RequestOptions = {}): Promise<Connector[]> =>
      (await dataOf(api.GET('/v1/connectors', { params: { query: teamId === undefined ? {} : { teamId } }, ...toInit(options) }))).data,
    /** The key with which a browser subscribes to push messages. */
    pushKey: async (provider: string, options: RequestOptions = {}): Promise<PushKey> =>
      await dataOf(api.GET('/v1/{provider}/key', { params: { path: { provider } }, ...toInit(options) }))
  }
}

/** The providers of this deployment: limits, breakers, and waiting deliveries. */
export function createProviders (api: Api) {
  return {
    list: async (options: RequestOptions = {}): Promise<ProviderStatus[]> => (await dataOf(api.GET('/v1/providers', toInit(options)))).data
  }
}
