import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import type { StreamingHttp } from '@carillon/http'
import type { QueueBackend } from '../queue/index.ts'

export interface MeasuredPools {
  queueBackend: Pick<QueueBackend, 'countConnections'>
  http: Pick<StreamingHttp, 'countRequests'>
}

/** Adds the connection pools of this process. */
export function measurePools (registry: Registry, { queueBackend, http }: MeasuredPools): void {
  addGauge(
    'carillon_queue_pool_connections',
    'Connections of the queue to PostgreSQL, by state, if jobs are stored there. `waiting` counts the callers that wait for one.',
    () => queueBackend.countConnections())
  addGauge(
    'carillon_provider_requests',
    'Requests to providers, by state. `waiting` ones have no connection yet.',
    () => http.countRequests())

  function addGauge (name: string, help: string, count: () => Record<string, number>): void {
    const gauge: Gauge<'state'> = new Gauge({
      name,
      help,
      labelNames: ['state'],
      registers: [registry],
      collect: () => { for (const [state, number] of Object.entries(count())) gauge.set({ state }, number) }
    })
  }
}
