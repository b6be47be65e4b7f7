import { describeAhead, isClockWrong } from './clock-differences.ts'
import type { Attention, Status } from './status.ts'

/** What is wrong with PostgreSQL and Redis. */
export function findStoreAttention ({ database, queue: { kind, redis } }: Status): Attention[] {
  const { migrations, clockAheadMs, connections, maxConnections } = database
  const found: Attention[] = []
  if (migrations.missing.length > 0) {
    const [first] = migrations.missing
    const missing = migrations.missing.length === 1 ? `the migration ${first}` : `${migrations.missing.length} migrations, beginning with ${first}`
    found.push({ severity: 'error', subject: 'database', explanation: `The database lacks ${missing}.`, nextStep: 'Run `carillon migrate`.' })
  }
  if (migrations.isNewer) found.push(explainNewerTables(migrations.isUsable))
  if (connections >= 0.9 * maxConnections) {
    found.push({
      severity: 'warning',
      subject: 'database',
      explanation: `PostgreSQL has ${connections} connections, and allows ${maxConnections}.`,
      nextStep: 'Raise `max_connections` of PostgreSQL, or run fewer processes.'
    })
  }
  found.push(...findClockAttention('database', 'PostgreSQL', clockAheadMs))
  if (kind === 'redis' && redis === null) {
    found.push({
      severity: 'error',
      subject: 'queue',
      explanation: 'Redis does not respond. Notifications are accepted, and wait.',
      nextStep: 'Check the Redis at REDIS_URL.'
    })
  }
  if (redis === null || redis === undefined) return found
  const { evictionPolicy, product } = redis
  if (evictionPolicy !== null && evictionPolicy !== 'noeviction') {
    found.push({
      severity: 'error',
      subject: 'queue',
      explanation: `${product} has the maxmemory-policy ${evictionPolicy}, and may drop jobs when it is full.`,
      nextStep: 'Set `maxmemory-policy noeviction`.'
    })
  }
  return [...found, ...findClockAttention('queue', product, redis.clockAheadMs)]
}

function explainNewerTables (isUsable: boolean): Attention {
  const [severity, use] = isUsable ? ['warning' as const, 'can use them'] : ['error' as const, 'cannot use them']
  return { severity, subject: 'database', explanation: `The tables are those of a newer Carillon, and this version ${use}.`, nextStep: 'Start the newer Carillon.' }
}

function findClockAttention (subject: string, product: string, aheadMs: number): Attention[] {
  if (!isClockWrong(aheadMs)) return []
  return [{
    severity: 'warning',
    subject,
    explanation: `The clock of the API is ${describeAhead(aheadMs)} the clock of ${product}.`,
    nextStep: 'Synchronize the clocks of both machines with NTP.'
  }]
}
