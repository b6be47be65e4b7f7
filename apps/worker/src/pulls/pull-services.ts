import type { Refresher } from '@carillon/shared/grants'
import type { Http } from '@carillon/http'
import type { Log } from '@carillon/shared/log'
import type { WorkerMetrics } from '@carillon/shared/metrics'
import type { Provider, Registrations } from '@carillon/shared/providers'
import type { Vault } from '@carillon/shared/vault'
import type { GateServices } from './gate.ts'

export interface PullServices extends GateServices {
  providers: ReadonlyMap<string, Provider>
  vault: Vault
  http: Http
  registrations: Registrations
  refresher: Refresher
  metrics: Pick<WorkerMetrics, 'countPull'>
  log: Log
  leaseMs: number
  pace: { backfillDays: number, rereadDays: number, everyMs: number }
  stopping: AbortSignal
  aborting: AbortSignal
}
