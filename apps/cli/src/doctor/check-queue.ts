import type { QueueBackend } from '@carillon/shared/queue'
import { describeError } from '../describe-error.ts'
import { checkClock } from './check-clock.ts'
import { fault, ok, warning } from './finding.ts'
import type { Finding } from './finding.ts'

/** Whether the store of the jobs works: reachable, a role that accepts writes, its eviction policy, its clock, a job. */
export async function checkQueue (backend: QueueBackend): Promise<Finding[]> {
  const store = backend.kind === 'redis' ? 'Redis' : 'PostgreSQL'
  const warned = await backend.check().catch((error: unknown) => ({ refusal: describeError(error).join(' ') }))
  if (typeof warned === 'object') {
    const variable = backend.kind === 'redis' ? 'REDIS_URL' : 'DATABASE_URL'
    return [fault('queue', `${store} cannot hold jobs: ${warned.refusal.replace(/\.$/, '')}.`, `Check ${variable}, the server and the network.`)]
  }
  const redis = await backend.inspect()
  if (redis === undefined) return [ok('queue', 'PostgreSQL holds the jobs, and accepts one.')]
  const { product, version, evictionPolicy, clockAheadMs } = redis
  const name = version === null ? product : `${product} ${version}`
  return [ok('queue', `${name} holds the jobs, and accepts one.`), checkEviction(name, evictionPolicy), checkClock(product, clockAheadMs)]
}

/** Managed services of Redis may refuse to report the policy. */
function checkEviction (name: string, policy: string | null): Finding {
  if (policy === null) return warning('eviction', `${name} does not report its maxmemory-policy.`, 'Check that it is noeviction.')
  if (policy === 'noeviction') return ok('eviction', `${name} has the maxmemory-policy noeviction.`)
  return fault('eviction', `${name} has the maxmemory-policy ${policy}, and may drop jobs when it is full.`, 'Set `maxmemory-policy noeviction`.')
}
