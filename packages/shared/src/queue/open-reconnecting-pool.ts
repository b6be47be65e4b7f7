import type pg from 'pg'
import { openPgPool } from '../postgres/index.ts'
import type { DatabaseAddress, DriverRequest } from '../postgres/index.ts'
import { exponentialBackoff, retry } from '../retry/index.ts'

const retryMs = 500
const heartbeatMs = 5_000

/**
 * Opens a pool whose connections wait for an unreachable server, while its queries fail. BullMQ never recovers from a failed
 * first connection: a queue then rejects every job, and a worker retries in a loop that blocks the event loop. After its end,
 * the pool fails each query in a later turn, so that such a loop does not keep the process from exiting.
 */
export function openReconnectingPool (address: DatabaseAddress, request: DriverRequest): pg.Pool {
  const pool = openPgPool(address, request)
  const connect = pool.connect.bind(pool)
  const connectWithRetry = (): Promise<pg.PoolClient> =>
    retry(() => connect(), { delaysMs: exponentialBackoff(retryMs, retryMs), isFinal: () => pool.ending, ref: false })
  heartbeat(pool)
  // pg's own queries pass a callback. Only BullMQ uses the promise.
  type Done = Parameters<typeof connect>[0]
  const connectOnce = (done: Done): void => {
    if (pool.ending) setImmediate(connect, done)
    else connect(done)
  }
  return Object.assign(pool, { connect: (done?: Done) => done === undefined ? connectWithRetry() : connectOnce(done) })
}

/**
 * Sends a query every few seconds on connections that only listen. BullMQ writes nothing on them, so a lost one would stay
 * undetected. The socket's timeout closes one that does not respond. A busy connection needs no heartbeat, because the same
 * timeout covers its own query.
 */
function heartbeat (pool: pg.Pool): void {
  const held = new Set<pg.PoolClient>()
  pool.on('acquire', (client) => held.add(client))
  pool.on('release', (_error, client) => held.delete(client))
  pool.on('remove', (client) => held.delete(client))
  const timer = setInterval(() => {
    if (pool.ending) clearInterval(timer)
    for (const client of held) {
      if (isIdle(client)) client.query('select 1').catch(() => {}) // the pool reports the connection's error
    }
  }, heartbeatMs).unref()
}

/** pg's types lack this property. */
function isIdle (client: object): boolean {
  return 'readyForQuery' in client && client.readyForQuery === true
}
