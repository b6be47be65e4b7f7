import { writeFile } from 'node:fs/promises'
import { loadConfig } from '@carillon/shared/config'
import { openDatabase } from '@carillon/shared/db'
import { createLog } from '@carillon/shared/log'
import { createRuntime } from '@carillon/shared/runtime'
import { buildApp } from './app.ts'
import { createServices } from './create-services.ts'
import { errorsDocument } from './reference/errors-document.ts'

/** `npm run openapi`: writes docs/openapi.json from the routes, and docs/errors.md. It opens no connection. */
const docs = new URL('../../../docs/', import.meta.url)

const none = async () => new Set<string>()
const nothing = async () => undefined
const noQueue = { add: nothing, live: none, waiting: none, schedule: nothing, close: nothing }
const queueBackend = {
  kind: 'postgres' as const,
  openQueue: () => noQueue,
  openWorker: () => ({ close: nothing }),
  openCounts: () => undefined,
  ping: nothing,
  check: nothing,
  countConnections: () => ({}),
  inspect: nothing,
  close: nothing
}
const config = loadConfig({
  DATABASE_URL: 'postgres://127.0.0.1/none',
  CARILLON_KEYS: `none:${Buffer.alloc(32).toString('base64')}`
}, ['DATABASE_URL', 'CARILLON_KEYS'])
const runtime = createRuntime(config, {
  log: createLog({ name: 'openapi', level: 'silent' }),
  now: Date.now,
  stores: { database: openDatabase({ url: config.DATABASE_URL }), queueBackend, close: nothing }
})
const app = await buildApp(createServices(runtime, 'http://127.0.0.1'))
await app.ready()
await writeFile(new URL('openapi.json', docs), `${JSON.stringify(app.swagger(), null, 2)}\n`)
await writeFile(new URL('errors.md', docs), errorsDocument())
await app.close()
