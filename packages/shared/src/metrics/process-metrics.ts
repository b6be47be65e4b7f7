import { Gauge, collectDefaultMetrics } from 'prom-client'
import type { Registry } from 'prom-client'
import { productVersion } from '@carillon/http'

/** Adds the metrics of the process, among them the lag of its event loop, and `carillon_build_info`. Call it once per process. */
export function measureProcess (registry: Registry, app: string): void {
  collectDefaultMetrics({ register: registry })
  new Gauge({
    name: 'carillon_build_info',
    help: '1, with the version of Carillon and the program as labels.',
    labelNames: ['app', 'version'],
    registers: [registry]
  }).set({ app, version: productVersion }, 1)
}
