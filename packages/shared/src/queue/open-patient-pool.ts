import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { openPgPool } from '../postgres/index.ts'
import type { DatabaseAddress, DriverRequest } from '../postgres/index.ts'

const retryMs = 500
const heartbeatMs = 5_000

/**
 * BullMQ remembers for ever how its first connection went. Had it failed, a queue would refuse every job from then on, and a
 * worker would ask again so eagerly that no timer and no signal ever got its turn. So who asks this pool for a connection
 * gets one, once there is one; a query still fails when the server is away.
 */
export function openPatientPool (address: DatabaseAddress, request: DriverRequest): pg.Pool {
  const pool = openPgPool(address, request)
  const connect = pool.connect.bind(pool)
  async function connectPatiently (): Promise<pg.PoolClient> {
    for (;;) {
      try {
        return await connect()
      } catch (error) {
        if (pool.ending) throw error
        await sleep(retryMs, undefined, { ref: false })
      }
    }
  }
  heartbeat(pool)
  // pg's own queries hand in what to do with the client; only BullMQ waits for a promise.
  type Done = Parameters<typeof connect>[0]
  return Object.assign(pool, { connect: (done?: Done) => done === undefined ? connectPatiently() : connect(done) })
}

/**
 * BullMQ keeps connections that only listen. It writes nothing on those, so a lost one would never be noticed: each gets a query
 * every few seconds, and the socket's deadline closes a connection that does not respond. One that is busy gets none: its own
 * query has that deadline.
 */
function heartbeat (pool: pg.Pool): void {
  const held = new Set<pg.PoolClient>()
  pool.on('acquire', (client) => held.add(client))
  pool.on('release', (_error, client) => held.delete(client))
  pool.on('remove', (client) => held.delete(client))
  const timer = setInterval(() => {
    if (pool.ending) clearInterval(timer)
    for (const client of held) {
      if (isIdle(client)) client.query('select 1').catch(() => {}) // its connection's error is told by the pool
    }
  }, heartbeatMs).unref()
}

/** pg's types do not list it. */
function isIdle (client: object): boolean {
  return 'readyForQuery' in client && client.readyForQuery === true
}
