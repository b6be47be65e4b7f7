import { writeFile } from 'node:fs/promises'
import { createRefresher, createRegistrations } from '@carillon/shared/connections'
import { openDatabase } from '@carillon/shared/db'
import { createLog } from '@carillon/shared/log'
import { createHttp } from '@carillon/shared/http'
import { createVault, parseVaultKeys } from '@carillon/shared/vault'
import { buildApp } from './app.ts'

/** `npm run openapi`: writes docs/openapi.json, from the routes alone. Nothing is connected to. */
const file = new URL('../../../docs/openapi.json', import.meta.url)

const database = openDatabase({ url: 'postgres://127.0.0.1/none' })
const vault = createVault(parseVaultKeys(`none:${Buffer.alloc(32).toString('base64')}`))
const none = async () => new Set<string>()
const noQueue = { add: async () => {}, live: none, waiting: none, schedule: async () => {}, close: async () => {} }
const refuse = async () => { throw new Error('nothing is accepted here') }
const log = createLog({ name: 'openapi', level: 'silent' })
const app = await buildApp({
  database,
  vault,
  providers: new Map(),
  http: createHttp({ trustedOrigins: [], allowPrivateHosts: [] }),
  registrations: createRegistrations(database, vault),
  refresher: createRefresher({ database, vault, log }),
  queues: { deliver: new Map(), broadcast: new Map(), plan: noQueue, wake: noQueue, close: async () => {} },
  pullQueue: noQueue,
  queueBackend: { kind: 'postgres', check: async () => undefined },
  accepter: { accept: refuse, acceptAll: refuse },
  perSecond: new Map(),
  maxWaiting: 1,
  outgoingLimits: { perUser: 1, perHost: 1, perProvider: 1 },
  log,
  now: Date.now,
  site: { publicUrl: 'http://127.0.0.1', name: '', allowedOrigins: [] }
})
await app.ready()
await writeFile(file, `${JSON.stringify(app.swagger(), null, 2)}\n`)
await app.close()
