import { request } from 'node:http'
import t from 'tap'
import type { Servers } from './servers.ts'

let opening: Promise<Servers> | undefined

/** The servers of `npm test`, which start with the first request, or own servers for a file that runs alone. */
export function testServers (): Promise<Servers> {
  opening ??= fromEnvironment() ?? fromRunner() ?? startOwn()
  return opening
}

/** The servers already run, started by the caller of this test. */
function fromEnvironment (): Promise<Servers> | undefined {
  const { TEST_DATABASE_URL: databaseUrl, TEST_TEMPLATE: template, TEST_REDIS_URL: redisUrl } = process.env
  if (!databaseUrl || !template) return undefined
  return Promise.resolve({ databaseUrl, template, redisUrl: redisUrl || undefined, close: async () => {} })
}

function fromRunner (): Promise<Servers> | undefined {
  const socketPath = process.env['TEST_SERVERS']
  if (!socketPath) return undefined
  return new Promise((resolve, reject) => {
    request({ socketPath, path: '/' }, async (response) => {
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += chunk
      if (response.statusCode === 200) resolve({ ...JSON.parse(text), close: async () => {} })
      else reject(new Error(text))
    }).on('error', reject).end()
  })
}

async function startOwn (): Promise<Servers> {
  const { openServers } = await import('./servers.ts')
  const servers = await openServers({
    databaseUrl: process.env['TEST_DATABASE_URL'],
    redisUrl: process.env['REDIS_URL'],
    requireRedis: process.env['CARILLON_REQUIRE_REDIS'] === '1'
  })
  t.teardown(() => servers.close())
  return servers
}
