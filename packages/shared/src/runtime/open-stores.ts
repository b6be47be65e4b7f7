import type { Config } from '../config/index.ts'
import { checkDatabase, openDatabase } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { logRepeats } from '../log/index.ts'
import type { Log } from '../log/index.ts'
import { openQueueBackend } from '../queue/index.ts'
import type { QueueBackend } from '../queue/index.ts'
import type { Tracing } from '../tracing/index.ts'
import { startStores } from '../stores/index.ts'

/** PostgreSQL and where jobs live. */
export interface Stores {
  database: Database
  queueBackend: QueueBackend
  close: () => Promise<void>
}

export interface OpenedStores extends Stores {
  /** Waits until both stores can serve. Rejects with a StoreError, or with the signal's reason when it aborts. */
  waitUntilReady: (signal: AbortSignal) => Promise<void>
}

/** Opens the pools that the configuration names. A process calls `waitUntilReady` before it opens a queue. */
export function openStores (
  config: Config<'DATABASE_URL'>, log: Log, { maxConnections, tracing }: { maxConnections?: number | undefined, tracing?: Tracing | undefined } = {}
): OpenedStores {
  const database = openDatabase({ url: config.DATABASE_URL, ...maxConnections !== undefined && { max: maxConnections } })
  const queueBackend = openQueueBackend({
    databaseUrl: config.DATABASE_URL,
    redisUrl: config.REDIS_URL,
    prefix: config.QUEUE_PREFIX,
    tracing,
    onError: logRepeats(log, 'warn', 'queue')
  })
  return {
    database,
    queueBackend,
    waitUntilReady: (signal) => startStores({
      checkDatabase: () => checkDatabase(database),
      checkQueue: queueBackend.check,
      queueKind: queueBackend.kind,
      waitSeconds: config.START_WAIT_SECONDS,
      signal,
      log
    }),
    close: async () => {
      await queueBackend.close()
      await database.close()
    }
  }
}
