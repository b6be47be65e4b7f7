import t from 'tap'
import { openServers } from './servers.ts'
import type { Servers } from './servers.ts'

let opening: Promise<Servers> | undefined

/** The servers that `npm test` started, or, for a file that is run by itself, its own. */
export function testServers (): Promise<Servers> {
  opening ??= fromRunner() ?? startOwn()
  return opening
}

function fromRunner (): Promise<Servers> | undefined {
  const { TEST_DATABASE_URL: databaseUrl, TEST_TEMPLATE: template, TEST_REDIS_URL: redisUrl } = process.env
  if (!databaseUrl || !template) return undefined
  return Promise.resolve({ databaseUrl, template, redisUrl: redisUrl || undefined, close: async () => {} })
}

async function startOwn (): Promise<Servers> {
  const servers = await openServers({
    databaseUrl: process.env['TEST_DATABASE_URL'],
    redisUrl: process.env['REDIS_URL'],
    requireRedis: process.env['CARILLON_REQUIRE_REDIS'] === '1'
  })
  t.teardown(() => servers.close())
  return servers
}
