import type { Target } from '../target.ts'

const here = 'apps/worker/test'

/** Claim, send, settle, and what finds again what was lost. */
export const delivery: Target[] = [
  { file: 'apps/worker/src/deliver/claim.ts', tests: [`${here}/deliver/claim.test.ts`], generate: true },
  { file: 'apps/worker/src/deliver/claim-segment.ts', tests: [`${here}/deliver/claim-segment.test.ts`], generate: true },
  {
    file: 'apps/worker/src/deliver/settle.ts',
    tests: [`${here}/deliver/settle.test.ts`],
    generate: true,
    equivalents: {
      ['"where connections.status = \'active\' order by connections.id for no key update of connections" → ' +
      '"where connections.status = \'active\' order by connections.id"']:
        'the update locks the rows itself, in the order in which the plan reads the sorted ones'
    }
  },
  {
    file: 'apps/worker/src/deliver/batch.ts',
    tests: [`${here}/deliver/batch.test.ts`],
    generate: true,
    equivalents: { '"if (wakes.length === 0) return" → "if (false) return"': 'enqueueWakes adds nothing for an empty list' },
    changes: [
      { find: 'const beginShare = 0.5', replace: 'const beginShare = 1' },
      { find: 'const endShare = 0.9', replace: 'const endShare = 1.5' },
      { find: 'services.concurrency, async', replace: '1_000, async' },
      { find: ' - (performance.now() - startedAt), services.giveUp', replace: ', services.giveUp' }
    ]
  },
  {
    file: 'apps/worker/src/deliver/breakers.ts',
    tests: [`${here}/deliver/breakers.test.ts`, `${here}/breakers.test.ts`],
    generate: true,
    changes: [
      { find: 'const longestOpenMs = 60_000', replace: 'const longestOpenMs = 600_000' },
      { find: 'const leastRequests = 20', replace: 'const leastRequests = 2' },
      { find: 'const mostRequests = 200', replace: 'const mostRequests = 20_000' },
      { find: 'const failingShare = 0.5', replace: 'const failingShare = 0.3' },
      { find: 'const windowMs = 10_000', replace: 'const windowMs = 100_000' },
      { find: 'windows.delete(key)\n      closed.delete(key)', replace: 'closed.delete(key)' }
    ]
  },
  { file: 'apps/worker/src/deliver/health-of.ts', tests: [`${here}/deliver/breakers.test.ts`], generate: true },
  { file: 'apps/worker/src/deliver/outcome.ts', tests: [`${here}/outcome.test.ts`, `${here}/deliver/settle.test.ts`], generate: true },
  {
    file: 'apps/worker/src/deliver/retry-schedule.ts',
    tests: [`${here}/retry-schedule.test.ts`],
    generate: true,
    changes: [
      { find: '1 * second, 2 * second, 4', replace: '2 * second, 1 * second, 4' },
      { find: '30 * minute, 60 * minute', replace: '60 * minute, 30 * minute' },
      { find: 'random() * longest', replace: 'longest' }
    ]
  },
  {
    file: 'apps/worker/src/deliver/admit.ts',
    tests: [`${here}/admit.test.ts`],
    generate: true,
    changes: [{ find: 'greatest(1, floor(rate))', replace: 'greatest(1, ceil(rate))' }],
    equivalents: {
      ['"next_at = case when rate is not null and most > 0 then free_at + most / rate * interval \'1 second\' else provider_hosts.next_at end," → ' +
      '"next_at = case when rate is not null then free_at + most / rate * interval \'1 second\' else provider_hosts.next_at end,"']:
        'where nothing is admitted, free_at is next_at, or now where next_at has passed, which means the same'
    }
  },
  {
    file: 'apps/worker/src/deliver/deliver-segment.ts',
    tests: [`${here}/deliver/deliver-segment.test.ts`],
    changes: [
      { find: 'perSecond === undefined ? deliveriesPerJob : await sizeOf(database, providerId, segment)', replace: 'deliveriesPerJob' },
      { find: 'if (most === 0) return', replace: 'if (most === -1) return' },
      { find: 'else if (isProbe) await breakers.giveBackProbe(providerId, \'\')', replace: '' },
      { find: 'await leaveSegment(services, rest)', replace: '' },
      { find: 'await leaveToReconcile(services, wakes)', replace: '' },
      { find: 'isProbe ? claim.claimed.map((one) => ({ ...one, isProbe })) : claim.claimed', replace: 'claim.claimed' }
    ]
  },
  {
    file: 'apps/worker/src/maintain/reconcile.ts',
    tests: [`${here}/maintain/reconcile.test.ts`],
    generate: true,
    equivalents: { '"if (segments.length === 0) return []" → "if (false) return []"': 'the statement changes nothing for empty arrays' }
  },
  { file: 'apps/worker/src/plan/segments.ts', tests: [`${here}/plan/segments.test.ts`], generate: true },
  {
    file: 'apps/worker/src/plan/plan.ts',
    tests: [`${here}/plan/segments.test.ts`],
    generate: true,
    changes: [
      { find: 'if (wish === undefined) return', replace: 'if (wish === undefined) throw new Error()' },
      { find: 'if (wish.delayMs > toleranceMs) return', replace: 'if (wish.delayMs > Infinity) return' },
      { find: 'perSecond.get(open.provider))', replace: 'undefined)' },
      { find: 'wish.spreadSeconds, perSecond', replace: 'null, perSecond' },
      { find: '.filter((id) => wish.providers?.includes(id) ?? true)', replace: '' }
    ]
  },
  { file: 'packages/shared/src/notifications/steer.ts', tests: ['packages/shared/test/notifications/steer.test.ts'], generate: true },
  { file: 'packages/shared/src/notifications/dispatch.ts', tests: ['packages/shared/test/notifications/dispatch.test.ts'], generate: true },
  { file: 'packages/shared/src/notifications/release.ts', tests: ['packages/shared/test/notifications/release.test.ts'], generate: true },
  { file: 'packages/shared/src/notifications/partitions.ts', tests: [`${here}/keep-partitions.test.ts`], generate: true }
]
