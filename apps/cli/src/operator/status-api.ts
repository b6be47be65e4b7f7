import { openApiClient } from '../api-client.ts'
import type { CommandContext } from '../command-context.ts'

export interface Breaker {
  host: string | null
  state: string
  misconfigured: boolean
  silentUntil: string | null
}

interface Worker {
  host: string
  pid: number
  version: string
  alive: boolean
  startedAt: string
  seenAt: string
  runningJobs: number
}

interface Queue {
  kind: 'redis' | 'postgres'
  responds: boolean
  product: string | null
  version: string | null
  evictionPolicy: string | null
  clockAheadMs: number | null
}

/** A provider as `GET /v1/providers` returns it, too. */
export interface Provider {
  provider: string
  canSend: boolean
  breakers: Breaker[]
  waiting: { due: number, later: number, broadcast: number, oldestDueAt: string | null }
}

/** The state of a deployment, as `GET /v1/status` returns it. */
export interface Status {
  ok: boolean
  attention: Array<{ severity: 'error' | 'warning', subject: string, explanation: string, nextStep: string }>
  version: string
  at: string
  workers: Worker[]
  providers: Provider[]
  broadcasts: { unplanned: number }
  database: {
    version: string
    clockAheadMs: number
    connections: number
    maxConnections: number
    migrations: { applied: number, missing: string[] }
  }
  queue: Queue
}

export async function readStatus (env: CommandContext['env']): Promise<Status> {
  const api = await openApiClient(env)
  return await api.get('/v1/status') as Status
}
