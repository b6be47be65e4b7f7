import type { Test } from 'tap'
import { redisMissing } from './redis-missing.ts'
import { testDatabase } from './test-database.ts'
import { newPrefix } from './test-redis.ts'
import { testServers } from './test-servers.ts'

export interface BackendEnvironment {
  DATABASE_URL: string
  /** Only for Redis. */
  REDIS_URL?: string
  QUEUE_PREFIX: string
}

export interface Backend {
  kind: 'postgres' | 'redis'
  /** For `t.test(name, { skip }, …)`: false, or the reason. */
  skip: false | string
  /** Creates a database, and a prefix for Redis, for this test. Returns them as the environment of an app. */
  open: (t: Test) => Promise<BackendEnvironment>
}

/**
 * Both backends of the queue, to run a test on each:
 *
 *     for (const { kind, skip, open } of await backends()) {
 *       t.test(`sends once, with jobs in ${kind}`, { skip }, async (t) => { const env = await open(t) })
 *     }
 */
export async function backends (): Promise<Backend[]> {
  const { redisUrl } = await testServers()
  const open = async (t: Test) => ({ DATABASE_URL: (await testDatabase(t)).url, QUEUE_PREFIX: newPrefix() })
  return [
    { kind: 'postgres', skip: false, open },
    {
      kind: 'redis',
      skip: redisUrl ? false : redisMissing,
      open: async (t) => ({ ...await open(t), REDIS_URL: redisUrl ?? '' })
    }
  ]
}
