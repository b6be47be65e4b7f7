import { openApiClient } from '../api-client.ts'
import type { CommandContext } from '../command-context.ts'

export interface Endpoint {
  id: string
  url: string
  description: string | null
  events: string[]
  status: 'enabled' | 'failing' | 'disabled'
  statusReason: string | null
}

interface EndpointWithSecret extends Endpoint {
  secret: string
}

interface TestResult {
  ok: boolean
  eventId: string
  status: number | null
  error: string | null
  durationMs: number
}

export interface EndpointsApi {
  list: () => Promise<Endpoint[]>
  create: (fields: { url: string, events: string[], description?: string }) => Promise<EndpointWithSecret>
  setEnabled: (id: string, enabled: boolean) => Promise<Endpoint>
  remove: (id: string) => Promise<void>
  test: (id: string) => Promise<TestResult>
  rotate: (id: string) => Promise<EndpointWithSecret>
}

/** The calls of the API about endpoints. A deployment has at most 50, which is one page. */
export async function openEndpointsApi (env: CommandContext['env']): Promise<EndpointsApi> {
  const { get, post, patch, remove } = await openApiClient(env)
  const path = (id: string, action = ''): string => `/v1/endpoints/${encodeURIComponent(id)}${action}`
  return {
    list: async () => (await get('/v1/endpoints?limit=200') as { data: Endpoint[] }).data,
    create: async (fields) => await post('/v1/endpoints', fields) as EndpointWithSecret,
    setEnabled: async (id, enabled) => await patch(path(id), { enabled }) as Endpoint,
    remove: async (id) => { await remove(path(id)) },
    test: async (id) => await post(path(id, '/test')) as TestResult,
    rotate: async (id) => await post(path(id, '/rotate-secret')) as EndpointWithSecret
  }
}
