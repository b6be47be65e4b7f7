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

/** Requests to a provider may take this long once the API is told to stop. Their callers then get an error. */
const providerDrainMs = 9_000
/** Requests under way may take this long. */
const farewellMs = 10_000
/** And all the rest this long. */
const longestFarewellMs = 14_000

const config = readConfig()
const log = createLog({ name: 'api', level: config.LOG_LEVEL })
for (const { warning } of findUnknownVariables(process.env)) log.warn(warning)
const closers: Array<() => Promise<unknown>> = []
let closing: Promise<never> | undefined
const stopping = new AbortController()
const abortProviders = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => close(0))
// The parent is gone: nobody is left to stop us.
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

// Addresses of ours are handed out before we listen, so 0 has to become a port first.
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

/** Nothing else begins before both stores can serve. */
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

/** Closes in the reverse order of opening. A second signal waits for the first. */
function close (code: number): Promise<never> {
  setTimeout(() => {
    log.error('did not close in time')
    process.exit(code)
  }, longestFarewellMs).unref()
  setTimeout(() => abortProviders.abort(), providerDrainMs).unref()
  stopping.abort()
  closing ??= closeAll().catch((error: unknown) => {
    log.error({ err: error }, 'did not close in order')
  }).then(() => process.exit(code))
  return closing
}

async function closeAll (): Promise<void> {
  for (const closer of closers.splice(0).reverse()) await closer()
}

async function closeApp (): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), farewellMs)
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
