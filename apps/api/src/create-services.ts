import { outgoingLimits, rateLimits, userTokenKeys, welcomeMessage } from '@carillon/shared/config'
import { createApiMetrics, createMetricsReader } from '@carillon/shared/metrics'
import { createAccepter } from '@carillon/shared/notifications'
import type { Accepter } from '@carillon/shared/notifications'
import type { Runtime } from '@carillon/shared/runtime'
import type { Services } from './services.ts'

/** The dependencies of a server that browsers reach at `publicUrl`. The caller closes the accepter, and then the runtime. */
export function createServices (runtime: Runtime, publicUrl: string): Services & { accepter: Accepter } {
  const { config } = runtime
  return {
    ...runtime,
    accepter: createAccepter({ ...runtime, onAccepted: runtime.metrics.countAccepted }),
    apiMetrics: createApiMetrics(runtime.metrics.registry),
    metricsReader: createMetricsReader(runtime.metrics.registry, config.METRICS_TOKEN),
    userTokenKeys: userTokenKeys(config),
    welcome: welcomeMessage(config),
    maxWaiting: config.ACCEPT_MAX_WAITING,
    outgoingLimits: outgoingLimits(config),
    rateLimits: rateLimits(config),
    maxStreams: config.MAX_STREAMS_PER_CALLER,
    trustedProxies: config.TRUSTED_PROXIES,
    site: { publicUrl, name: config.SITE_NAME, allowedOrigins: config.ALLOWED_ORIGINS, allowsLoopback: config.ALLOW_LOOPBACK_ORIGINS === '1' }
  }
}
