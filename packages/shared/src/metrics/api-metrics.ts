import { Counter, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import { requestBuckets } from './buckets.ts'

interface AnsweredRequest {
  method: string
  /** The pattern of the route, or `none`. A path would contain ids. */
  route: string
  status: number
  durationMs: number
}

export interface ApiMetrics {
  countRequest: (request: AnsweredRequest) => void
}

/** HTTP allows any method, and a label must not grow with what callers send. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** The metrics of the API. */
export function createApiMetrics (registry: Registry): ApiMetrics {
  const requests = new Counter({
    name: 'carillon_http_requests_total',
    help: 'Requests to the API, by the pattern of the route.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry]
  })
  const seconds = new Histogram({
    name: 'carillon_http_request_duration_seconds',
    help: 'Duration of requests to the API, event streams included.',
    labelNames: ['method', 'route'],
    buckets: requestBuckets,
    registers: [registry]
  })
  return {
    countRequest: ({ method: given, route, status, durationMs }) => {
      const method = methods.has(given) ? given : 'other'
      requests.inc({ method, route, status })
      seconds.observe({ method, route }, durationMs / 1000)
    }
  }
}
