import { Counter, Registry } from 'prom-client'

export interface Metrics {
  registry: Registry
  /** Counts the answers to requests for new credentials. 0 adds the metric of a provider that refreshes. */
  countRefresh: (provider: string, outcome: RefreshOutcome, count?: number) => void
  countAccepted: (notifications: number) => void
}

export const refreshOutcomes = ['fresh', 'dead', 'misconfigured', 'unavailable', 'unrefreshable', 'superseded'] as const
type RefreshOutcome = typeof refreshOutcomes[number]

/** The registry of this process, with the metrics of what both the API and the worker do. */
export function createMetrics (): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const refreshes = new Counter({
    name: 'carillon_token_refreshes_total', help: 'Requests to token endpoints for new credentials, by outcome.', labelNames: ['provider', 'outcome'], registers
  })
  const accepted = new Counter({ name: 'carillon_notifications_accepted_total', help: 'Notifications that this process accepted.', registers })
  return {
    registry,
    countRefresh: (provider, outcome, count = 1) => refreshes.inc({ provider, outcome }, count),
    countAccepted: (notifications) => accepted.inc(notifications)
  }
}
