import { Registry } from 'prom-client'
import t from 'tap'
import { errorOutcome, handedBack, sentOutcome } from '../../src/deliveries/index.ts'
import { createWorkerMetrics } from '../../src/metrics/index.ts'

t.test('counts the deliveries of a set by outcome, and only attempts that reached the provider', async (t) => {
  const registry = new Registry()
  const { addInFlight, countSettled, countWebhookDeliveries } = createWorkerMetrics(registry, { senders: ['slack'] })
  addInFlight('slack', 5)
  addInFlight('slack', -4)
  countSettled('slack', [
    { outcome: sentOutcome({ id: '1' }, 200), ageMs: 700 },
    { outcome: sentOutcome({ id: '1' }, 20), ageMs: 7_000 },
    { outcome: errorOutcome(new Error('no network'), 0, 0, 3_000), ageMs: 5_000 },
    { outcome: handedBack(), ageMs: 5_000 }
  ])
  countWebhookDeliveries(['succeeded', 'released', 'failed', 'succeeded'])
  const lines = (await registry.metrics()).split('\n')
  for (const line of [
    'carillon_deliveries_total{provider="slack",outcome="sent"} 2',
    'carillon_deliveries_total{provider="slack",outcome="retrying"} 1',
    'carillon_deliveries_total{provider="slack",outcome="waiting"} 1',
    'carillon_deliveries_total{provider="slack",outcome="failed"} 0',
    'carillon_attempts_total{provider="slack"} 3',
    'carillon_attempt_duration_seconds_count{provider="slack"} 3',
    'carillon_attempt_duration_seconds_sum{provider="slack"} 3.22',
    'carillon_delivery_duration_seconds_bucket{le="1",provider="slack"} 1',
    'carillon_delivery_duration_seconds_count{provider="slack"} 2',
    'carillon_deliveries_in_flight{provider="slack"} 1',
    'carillon_webhook_deliveries_total{outcome="succeeded"} 2',
    'carillon_webhook_deliveries_total{outcome="retrying"} 0',
    'carillon_webhook_deliveries_total{outcome="failed"} 1'
  ]) t.ok(lines.includes(line), line)
})
