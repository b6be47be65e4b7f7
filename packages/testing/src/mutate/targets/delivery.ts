import type { Target } from '../target.ts'

const here = 'apps/worker/test'
const shared = 'packages/shared/test/deliveries'

/** Claim, send, settle, and the recovery of lost deliveries. */
export const delivery: Target[] = [
  { file: 'packages/shared/src/deliveries/sql/claims/claim.ts', tests: [`${shared}/sql/claims/claim.test.ts`], generate: true },
  {
    file: 'packages/shared/src/deliveries/sql/claims/claim-segment.ts',
    tests: ['packages/shared/test/deliveries/sql/claims/claim-segment.test.ts'],
    generate: true,
    equivalents: {
      '"and segments.number = segment.number and is_ended`" → "and segments.number = segment.number`"':
        'the same statement updates a segment that has not ended before it would delete it, and PostgreSQL changes a row once'
    }
  },
  {
    file: 'packages/shared/src/deliveries/sql/claims/settle.ts',
    tests: [`${shared}/sql/claims/settle.test.ts`, `${shared}/sql/claims/settle-connections.test.ts`],
    generate: true
  },
  {
    file: 'apps/worker/src/delivery/batch.ts',
    tests: [`${here}/delivery/batch.test.ts`],
    generate: true,
    equivalents: { '"if (wakes.length === 0) return" → "if (false) return"': 'enqueueWakes adds nothing for an empty list' },
    changes: [
      { find: 'const beginShare = 0.5', replace: 'const beginShare = 1' },
      { find: 'const endShare = 0.9', replace: 'const endShare = 1.5' },
      { find: ' - (performance.now() - startedAt), services.aborting', replace: ', services.aborting' }
    ]
  },
  {
    file: 'packages/shared/src/throttling/breakers.ts',
    tests: ['packages/shared/test/throttling/breakers.test.ts', 'packages/shared/test/throttling/breaker-windows.test.ts'],
    generate: true,
    changes: [
      { find: 'const longestOpenMs = 60_000', replace: 'const longestOpenMs = 600_000' },
      { find: 'const leastRequests = 20', replace: 'const leastRequests = 2' },
      { find: 'const maxRequests = 200', replace: 'const maxRequests = 20_000' },
      { find: 'const failingShare = 0.5', replace: 'const failingShare = 0.3' },
      { find: 'const windowMs = 10_000', replace: 'const windowMs = 100_000' },
      { find: 'windows.delete(key)\n      blocks.delete(key)', replace: 'blocks.delete(key)' }
    ]
  },
  { file: 'packages/shared/src/throttling/health-of.ts', tests: ['packages/shared/test/throttling/breakers.test.ts'], generate: true },
  { file: 'packages/shared/src/deliveries/outcome.ts', tests: ['packages/shared/test/deliveries/outcome.test.ts', 'packages/shared/test/deliveries/sql/claims/settle.test.ts'], generate: true },
  {
    file: 'packages/shared/src/deliveries/retry-schedule.ts',
    tests: ['packages/shared/test/deliveries/retry-schedule.test.ts'],
    generate: true,
    changes: [
      { find: '1 * second, 2 * second, 4', replace: '2 * second, 1 * second, 4' },
      { find: '30 * minute, 60 * minute', replace: '60 * minute, 30 * minute' },
      { find: 'random() * longest', replace: 'longest' }
    ]
  },
  {
    file: 'packages/shared/src/throttling/admit.ts',
    tests: ['packages/shared/test/throttling/admit.test.ts'],
    generate: true,
    changes: [{ find: 'greatest(1, floor(rate))', replace: 'greatest(1, ceil(rate))' }],
    equivalents: {
      ['"next_at = case when rate is not null and allowed > 0 then free_at + allowed / rate * interval \'1 second\' else provider_hosts.next_at end," → ' +
      '"next_at = case when rate is not null then free_at + allowed / rate * interval \'1 second\' else provider_hosts.next_at end,"']:
        'where nothing is admitted, free_at is next_at, or now where next_at has passed, which means the same',
      ['"where provider_hosts.provider = granted.provider and provider_hosts.host = \'\' and (is_probe or rate is not null)" → ' +
      '"where provider_hosts.provider = granted.provider and provider_hosts.host = \'\'"']: 'the update would write the values that are there'
    }
  },
  {
    file: 'apps/worker/src/delivery/deliver-segment.ts',
    tests: [`${here}/delivery/deliver-segment.test.ts`],
    changes: [
      { find: 'Math.min(soon, await sizeOf(database, providerId, segment))', replace: 'soon' },
      { find: 'if (allowed === 0) return', replace: 'if (allowed === -1) return' },
      { find: 'else if (isProbe) await breakers.releaseProbe(providerId, \'\')', replace: '' },
      { find: 'await enqueueSegment(services, rest)', replace: '' },
      { find: 'await enqueueWakeups(services, wakes)', replace: '' },
      {
        find: 'isProbe ? claim.claimed.map((one) => ({ ...one, probedHost: \'\' })) : claim.claimed',
        replace: 'claim.claimed'
      }
    ]
  },
  {
    file: 'apps/worker/src/maintenance/reconcile.ts',
    tests: [`${here}/maintenance/reconcile.test.ts`, `${here}/maintenance/reconcile-lost.test.ts`],
    generate: true,
    equivalents: { '"if (segments.length === 0) return []" → "if (false) return []"': 'the statement changes nothing for empty arrays' }
  },
  {
    file: 'apps/worker/src/planning/segments.ts',
    tests: [`${here}/planning/segments.test.ts`],
    generate: true,
    equivalents: {
      '"return row ?? { segments: [], isPlanned: true }" → "return row ?? { segments: [], isPlanned: false }"': 'there always is a row; the default is for the type'
    }
  },
  {
    file: 'apps/worker/src/planning/plan.ts',
    tests: [`${here}/planning/segments.test.ts`],
    generate: true,
    changes: [
      { find: 'if (request === undefined) return', replace: 'if (request === undefined) throw new Error()' },
      { find: 'if (request.delayMs > maxClockSkewMs) return', replace: 'if (request.delayMs > Infinity) return' },
      { find: 'perSecond.get(open.provider))', replace: 'undefined)' },
      { find: 'request.spreadSeconds, perSecond', replace: 'null, perSecond' },
      { find: '.filter((id) => request.providers?.includes(id) ?? true)', replace: '' }
    ],
    equivalents: {
      '"and planned_at is null" → ""': 'only the time would change, which is never used',
      ['"and not exists (select from progress where notification_id = $' + '{notificationId} and not is_planned)`" → "`"']:
        'every plan of the notification is complete by then'
    }
  },
  { file: 'packages/shared/src/deliveries/sql/control/pause-notification.ts', tests: ['packages/shared/test/deliveries/sql/control/control-notification.test.ts'], generate: true },
  { file: 'packages/shared/src/deliveries/sql/control/resume-notification.ts', tests: ['packages/shared/test/deliveries/sql/control/control-notification.test.ts'], generate: true },
  { file: 'packages/shared/src/deliveries/sql/control/cancel-notification.ts', tests: ['packages/shared/test/deliveries/sql/control/control-notification.test.ts'], generate: true },
  { file: 'packages/shared/src/deliveries/sql/control/retry-failed.ts', tests: ['packages/shared/test/deliveries/sql/control/control-notification.test.ts'], generate: true },
  { file: 'packages/shared/src/deliveries/sql/assign-jobs.ts', tests: ['packages/shared/test/deliveries/dispatch.test.ts'], generate: true },
  { file: 'packages/shared/src/deliveries/dispatch.ts', tests: ['packages/shared/test/deliveries/dispatch.test.ts'], generate: true },
  { file: 'packages/shared/src/deliveries/sql/release-parked.ts', tests: ['packages/shared/test/deliveries/sql/release-parked.test.ts'], generate: true },
  { file: 'packages/shared/src/deliveries/sql/skip-waiting.ts', tests: ['packages/shared/test/deliveries/sql/release-parked.test.ts'], generate: true },
  {
    file: 'packages/shared/src/deliveries/sql/claims/reclaim-lost.ts',
    tests: [`${here}/maintenance/reconcile.test.ts`, `${here}/maintenance/reconcile-lost.test.ts`],
    generate: true,
    equivalents: {
      '"and deliveries.claim_id = lost.id" → ""': 'the update checks the claim as well',
      '"and deliveries.claim_id = decided.claim_id`" → "`"': 'the join checks the claim as well, and its lock keeps the deliveries as they are',
      ['"join deliveries on notification_id = any (lost.notification_ids) and connection_id between lost.first_id and lost.last_id" → ' +
      '"join deliveries on connection_id between lost.first_id and lost.last_id"']: 'the claim decides; the ids let PostgreSQL find its deliveries by an index'
    }
  },
  { file: 'packages/shared/src/deliveries/sql/expire-waiting.ts', tests: [`${here}/maintenance/reconcile.test.ts`, `${here}/maintenance/reconcile-lost.test.ts`], generate: true },
  { file: 'packages/shared/src/deliveries/sql/follow-connections.ts', tests: [`${here}/maintenance/reconcile.test.ts`, `${here}/maintenance/reconcile-lost.test.ts`], generate: true },
  { file: 'packages/shared/src/deliveries/sql/clear-jobs.ts', tests: [`${here}/maintenance/reconcile.test.ts`, `${here}/maintenance/reconcile-lost.test.ts`], generate: true },
  { file: 'packages/shared/src/deliveries/partitions.ts', tests: [`${here}/maintenance/keep-partitions.test.ts`], generate: true }
]
