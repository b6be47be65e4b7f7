import { writeFile } from 'node:fs/promises'
import { openDatabase } from '@carillon/shared/db'
import { createLog } from '@carillon/shared/log'
import { createHttp } from '@carillon/shared/providers'
import { createVault, parseVaultKeys } from '@carillon/shared/vault'
import { buildApp } from './app.ts'

/** `npm run openapi`: writes docs/openapi.json, from the routes alone. Nothing is connected to. */
const file = new URL('../../../docs/openapi.json', import.meta.url)

const app = await buildApp({
  database: openDatabase({ url: 'postgres://127.0.0.1/none' }),
  vault: createVault(parseVaultKeys(`none:${Buffer.alloc(32).toString('base64')}`)),
  providers: new Map(),
  http: createHttp({ trustedOrigins: [], allowPrivateHosts: [] }),
  queues: new Map(),
  queueBackend: { ping: async () => {} },
  accepter: { accept: async () => { throw new Error('nothing is accepted here') } },
  log: createLog({ name: 'openapi', level: 'silent' }),
  now: Date.now,
  site: { publicUrl: 'http://127.0.0.1', name: '', allowedOrigins: [] }
})
await app.ready()
await writeFile(file, `${JSON.stringify(app.swagger(), null, 2)}\n`)
await app.close()
