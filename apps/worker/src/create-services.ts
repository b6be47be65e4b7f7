import { publicUrl, pullPace } from '@carillon/shared/config'
import { createUnsubscribeLinks } from '@carillon/shared/connections'
import { createFileStore } from '@carillon/http'
import { createWorkerMetrics } from '@carillon/shared/metrics'
import type { Runtime } from '@carillon/shared/runtime'
import { createBreakers, createPaces } from '@carillon/shared/throttling'
import { createConcurrency } from './concurrency/create-concurrency.ts'
import { beginShare } from './delivery/batch.ts'
import type { DeliverServices } from './delivery/deliver-services.ts'
import type { PullServices } from './pulls/pull-services.ts'
import type { EventPumpServices } from './webhooks/event-pump.ts'

/** The dependencies of all jobs. `signals` tell them of a shutdown. */
export function createServices (
  runtime: Runtime, signals: Pick<DeliverServices, 'stopping' | 'aborting'>
): DeliverServices & PullServices & EventPumpServices {
  const { config, log, metrics: { registry }, providers, queues } = runtime
  const pullers = [...providers.values()].flatMap(({ id, pull }) => pull === undefined ? [] : [id])
  const paces = createPaces(runtime)
  const leaseMs = config.DELIVER_LEASE_SECONDS * 1000
  return {
    ...runtime,
    ...signals,
    metrics: createWorkerMetrics(registry, { senders: queues.deliver.keys(), pullers }),
    breakers: createBreakers(runtime),
    paces,
    fileStore: createFileStore(),
    unsubscribeLinks: createUnsubscribeLinks(runtime.vault, publicUrl(config)),
    ...createConcurrency({
      providers,
      log,
      paces,
      maxInFlight: config.DELIVER_MAX_IN_FLIGHT,
      beginWithinMs: leaseMs * beginShare,
      stopping: signals.stopping
    }),
    leaseMs,
    retentionDays: config.RETENTION_DAYS,
    eventRetentionDays: config.EVENT_RETENTION_DAYS,
    auditRetentionDays: config.AUDIT_RETENTION_DAYS,
    pace: pullPace(config)
  }
}
