import { Counter, Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import type { Outcome } from '../deliveries/index.ts'
import type { EventOutcome } from '../endpoints/index.ts'
import type { PullEnd } from '../pulls/index.ts'
import { createBatchHistogram } from './batch-histogram.ts'
import { deliveryBuckets, requestBuckets } from './buckets.ts'

/** A delivery whose outcome is stored. */
interface SettledDelivery {
  outcome: Pick<Outcome, 'state' | 'attempted' | 'event'>
  /** From when the API accepted its notification, or from its `sendAt`, until now. */
  ageMs: number
}

export interface WorkerMetrics {
  /** Changes the number of claimed deliveries that are not settled yet. */
  addInFlight: (provider: string, change: number) => void
  /** Counts the deliveries of one statement. */
  countSettled: (provider: string, settled: SettledDelivery[]) => void
  countPull: (provider: string, outcome: PullEnd['kind']) => void
  /** Counts what one run of reconcile found, by its kind. */
  countReconciled: (found: Record<string, number>) => void
  /** Counts the events of one statement. */
  countWebhookDeliveries: (settled: EventOutcome[]) => void
}

/** `waiting`: no request was made, because of a limit, a pause of the provider or a shutdown. */
const outcomes = ['sent', 'retrying', 'waiting', 'parked', 'failed', 'unknown', 'expired'] as const

/** An aborted request says nothing about the endpoint, and is not counted. */
const webhookOutcomes = ['succeeded', 'retrying', 'failed'] as const

const pullOutcomes = ['done', 'later', 'failed'] as const

/** The metrics of a worker. Those of `senders` and `pullers` start at zero, so that a rate includes the first delivery. */
export function createWorkerMetrics (
  registry: Registry, { senders = [], pullers = [] }: { senders?: Iterable<string>, pullers?: Iterable<string> } = {}
): WorkerMetrics {
  const registers = [registry]
  const deliveries = new Counter({
    name: 'carillon_deliveries_total', help: 'Claimed deliveries that a worker settled, by outcome.', labelNames: ['provider', 'outcome'], registers
  })
  const attempts = new Counter({
    name: 'carillon_attempts_total', help: 'Attempts that reached the provider.', labelNames: ['provider'], registers
  })
  const attemptSeconds = createBatchHistogram(registry, {
    name: 'carillon_attempt_duration_seconds',
    help: 'Duration of attempts, with the refresh of credentials.',
    label: 'provider',
    buckets: requestBuckets
  })
  const deliverySeconds = createBatchHistogram(registry, {
    name: 'carillon_delivery_duration_seconds',
    help: 'Time from when the API accepted a notification, or from its sendAt, until the provider accepted a delivery.',
    label: 'provider',
    buckets: deliveryBuckets
  })
  const inFlight = new Gauge({
    name: 'carillon_deliveries_in_flight', help: 'Deliveries that this worker has claimed and not settled.', labelNames: ['provider'], registers
  })
  const pulls = new Counter({
    name: 'carillon_pulls_total', help: 'Pulls that ended, by outcome.', labelNames: ['provider', 'outcome'], registers
  })
  const reconciled = new Counter({
    name: 'carillon_reconciled_total', help: 'What reconcile repaired, by kind: expired, lost, reunited, orphaned, dispatched, segments, plans.', labelNames: ['kind'], registers
  })
  const webhooks = new Counter({
    name: 'carillon_webhook_deliveries_total', help: 'Events that a worker sent to an endpoint of the site, by outcome.', labelNames: ['outcome'], registers
  })
  for (const provider of senders) {
    for (const outcome of outcomes) deliveries.inc({ provider, outcome }, 0)
    attempts.inc({ provider }, 0)
    attemptSeconds.zero(provider)
    deliverySeconds.zero(provider)
    inFlight.set({ provider }, 0)
  }
  for (const provider of pullers) for (const outcome of pullOutcomes) pulls.inc({ provider, outcome }, 0)
  for (const outcome of webhookOutcomes) webhooks.inc({ outcome }, 0)

  return {
    addInFlight: (provider, change) => inFlight.inc({ provider }, change),
    countSettled: (provider, settled) => {
      const counts = new Map<typeof outcomes[number], number>()
      const attemptDurations: number[] = []
      const deliveryDurations: number[] = []
      let attempted = 0
      for (const { outcome, ageMs } of settled) {
        const { state, event: { durationMs } } = outcome
        const name = state === 'retrying' && !outcome.attempted ? 'waiting' : state
        counts.set(name, (counts.get(name) ?? 0) + 1)
        if (outcome.attempted) attempted++
        if (durationMs !== undefined) attemptDurations.push(durationMs / 1000)
        if (state === 'sent') deliveryDurations.push(Math.max(0, ageMs) / 1000)
      }
      for (const [outcome, count] of counts) deliveries.inc({ provider, outcome }, count)
      attemptSeconds.observeAll(provider, attemptDurations)
      deliverySeconds.observeAll(provider, deliveryDurations)
      if (attempted > 0) attempts.inc({ provider }, attempted)
    },
    countPull: (provider, outcome) => pulls.inc({ provider, outcome }),
    countReconciled: (found) => {
      for (const [kind, count] of Object.entries(found)) reconciled.inc({ kind }, count)
    },
    countWebhookDeliveries: (settled) => {
      for (const outcome of webhookOutcomes) webhooks.inc({ outcome }, settled.filter((one) => one === outcome).length)
    }
  }
}
