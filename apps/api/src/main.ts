import getPort from 'get-port'
import {
  ConfigError, findUnknownVariables, loadConfig, outgoingLimits, publicUrl
} from '@carillon/shared/config'
import { createRefresher, createRegistrations } from '@carillon/shared/connections'
import { checkDatabase, openClock, openDatabase } from '@carillon/shared/db'
import { createLog, logRepeats } from '@carillon/shared/log'
import { openDeliveryQueues } from '@carillon/shared/deliveries'
import { createAccepter } from '@carillon/shared/notifications'
import { createHttp } from '@carillon/shared/http'
import { createProviders, maxPerSecond, trustedOrigins } from '@carillon/shared/providers'
import { pullQueueName } from '@carillon/shared/pulls'
import type { PullJob } from '@carillon/shared/pulls'
import { openQueueBackend } from '@carillon/shared/queue'
import type { QueueBackend } from '@carillon/shared/queue'
import { startStores, StoreError } from '@carillon/shared/stores'
import { createVault } from '@carillon/shared/vault'
import { buildApp } from './app.ts'
import { releaseDeliveries } from './connections/release-deliveries.ts'

/** After this time of the shutdown, requests to providers are aborted, and their callers get an error. */
const providerDrainTimeoutMs = 9_000
/** After this time, the remaining connections of callers are closed. */
const drainTimeoutMs = 10_000
/** After this time, the process exits, whatever is still open. */
const shutdownTimeoutMs = 14_000

const config = readConfig()
const log = createLog({ name: 'api', level: config.LOG_LEVEL })
for (const { warning } of findUnknownVariables(process.env)) log.warn(warning)
const closers: Array<() => Promise<unknown>> = []
let closing: Promise<never> | undefined
const stopping = new AbortController()
const abortProviders = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => close(0))
// The parent process has ended, and it would have stopped this one.
process.on('disconnect', () => close(0))
if (process.connected === false) close(0)

const database = openDatabase({ url: config.DATABASE_URL })
closers.push(() => database.close())

const queueBackend = await openStores().catch((error: unknown) => {
  if (!(error instanceof StoreError)) throw error
  process.stderr.write(`${error.message}\n`)
  return close(1)
})
const clock = openClock(database)
closers.push(async () => clock.close())

const providers = createProviders(config)
const senders = [...providers.values()].filter(({ send }) => send !== undefined).map(({ id }) => id)
const queues = openDeliveryQueues(queueBackend, senders)
closers.push(() => queues.close())
const pullQueue = queueBackend.openQueue<PullJob>(pullQueueName)
closers.push(() => pullQueue.close())

const http = createHttp({
  trustedOrigins: trustedOrigins(providers),
  allowPrivateHosts: config.ALLOW_PRIVATE_HOSTS,
  signal: abortProviders.signal,
  onRefused: (host) => log.info({ host }, 'refused a host that is not public; ALLOW_PRIVATE_HOSTS permits it')
})
closers.push(() => http.close())

const accepter = createAccepter({ database, queues, log })
closers.push(() => accepter.close())

// PUBLIC_URL contains the port, so a free port is chosen before the server listens.
const port = config.PORT === 0 ? await getPort({ host: config.HOST }) : config.PORT
const url = publicUrl(config, port)
const vault = createVault(config.CARILLON_KEYS)
const app = await buildApp({
  database,
  vault,
  providers,
  http,
  registrations: createRegistrations(database, vault, clock.now),
  refresher: createRefresher({
    database, vault, log, onRecovered: (connectionId) => releaseDeliveries({ database, queues, log }, [connectionId])
  }),
  queues,
  pullQueue,
  queueBackend,
  accepter,
  perSecond: maxPerSecond(config),
  maxWaiting: config.ACCEPT_MAX_WAITING,
  outgoingLimits: outgoingLimits(config),
  log,
  now: clock.now,
  site: { publicUrl: url, name: config.SITE_NAME, allowedOrigins: config.ALLOWED_ORIGINS }
})
closers.push(closeApp)

await app.listen({ port, host: config.HOST }).catch((error: NodeJS.ErrnoException) => {
  if (closing !== undefined) return closing
  process.stderr.write(error.code === 'EADDRINUSE'
    ? `PORT ${port} on ${config.HOST} is in use already; choose another, or 0 for any free one\n`
    : `The API cannot listen on ${config.HOST}:${port}: ${error.message}\n`)
  return close(1)
})
log.info({ url }, 'ready')
if (process.connected) process.send?.({ ready: true, url })

/** Opens the queue, and waits until both stores are ready. */
async function openStores (): Promise<QueueBackend> {
  const backend = openQueueBackend({
    databaseUrl: config.DATABASE_URL,
    redisUrl: config.REDIS_URL,
    prefix: config.QUEUE_PREFIX,
    onError: logRepeats(log, 'error', 'queue')
  })
  closers.push(() => backend.close())
  await startStores({
    checkDatabase: () => checkDatabase(database),
    checkQueue: backend.check,
    queueKind: backend.kind,
    waitSeconds: config.START_WAIT_SECONDS,
    signal: stopping.signal,
    log
  }).catch((error: unknown) => {
    if (closing !== undefined) return closing
    throw error
  })
  return backend
}

/** Closes everything in the reverse order of opening. A second signal waits for the first. */
function close (code: number): Promise<never> {
  setTimeout(() => {
    log.error('the shutdown took too long')
    process.exit(code)
  }, shutdownTimeoutMs).unref()
  setTimeout(() => abortProviders.abort(), providerDrainTimeoutMs).unref()
  stopping.abort()
  closing ??= closeAll().catch((error: unknown) => {
    log.error({ err: error }, 'the shutdown failed')
  }).then(() => process.exit(code))
  return closing
}

async function closeAll (): Promise<void> {
  for (const closer of closers.splice(0).reverse()) await closer()
}

async function closeApp (): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), drainTimeoutMs)
  await app.close()
  clearTimeout(timer)
}

function readConfig () {
  try {
    return loadConfig(process.env, ['DATABASE_URL', 'CARILLON_KEYS'])
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}
