import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { openPgPool } from '../postgres/index.ts'
import type { DatabaseAddress, DriverRequest } from '../postgres/index.ts'

const retryMs = 500

/**
 * BullMQ remembers for ever how its first connection went. Had it failed, a queue would refuse every job from then on, and a
 * worker would ask again so eagerly that no timer and no signal ever got its turn. So who asks this pool for a connection
 * gets one, once there is one; a query still fails when the server is away.
 */
export function openPatientPool (address: DatabaseAddress, request: DriverRequest): pg.Pool {
  const pool = openPgPool(address, request, { keepAlive: true })
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
  // pg's own queries hand in what to do with the client; only BullMQ waits for a promise.
  type Done = Parameters<typeof connect>[0]
  return Object.assign(pool, { connect: (done?: Done) => done === undefined ? connectPatiently() : connect(done) })
}
