import { openCarillon, usualBackend } from '../environment/carillon.ts'
import type { Environment } from '../environment/bench-context.ts'
import type { Carillon } from '../environment/carillon.ts'
import { countRows, expectSame } from '../environment/check-counts.ts'
import { timeCopy } from '../environment/time-copy.ts'
import { startWatch } from '../environment/stopwatch.ts'
import { message } from '../message.ts'
import { newPeople, toImport } from './new-people.ts'
import { rate, share } from './measure.ts'
import type { Measure } from './measure.ts'

export interface BulkResult {
  perSecond: number
  /** The same rows with COPY: the notifications or the connections that all their rows together amount to. */
  copiedPerSecond: number
  serverBusy: number
}

const itemsPerRequest = 1_000
const clients = 4
/** The API has compiled its code after these requests. */
const warmUpRequests = 10

/** Notifications to one user each, a thousand per request. No worker runs. */
export const batches: Measure<BulkResult> = {
  name: 'accepting batches of 1,000 notifications',

  async run (environment) {
    const { batched: count, growth: { small: audience } } = environment.sizes
    const carillon = await openCarillon(environment, { backend: usualBackend(environment), audience, workers: 0 })
    const items = (count: number) => Array.from({ length: count }, (_, index) =>
      ({ audience: { userIds: [carillon.people[index % audience]?.userId] }, message }))
    return await measureBulk(carillon, environment.startLoop, {
      path: '/v1/notifications/batch',
      status: 202,
      toBody: (notifications) => ({ notifications }),
      warmUp: items(warmUpRequests * itemsPerRequest),
      items: items(count),
      tables: ['notifications', 'deliveries'],
      check: async (total) => expectSame('deliveries', await countRows(carillon), { queued: total })
    })
  },

  tell
}

/** Connections with tokens that the site already has, a thousand per request. The items name the accounts. */
export const imports: Measure<BulkResult> = {
  name: 'importing connections, 1,000 per request',

  async run (environment) {
    const carillon = await openCarillon(environment, { backend: usualBackend(environment), audience: 0, workers: 0 })
    return await measureBulk(carillon, environment.startLoop, {
      path: '/v1/connections/import',
      status: 200,
      toBody: (connections) => ({ connections }),
      warmUp: newPeople('early', warmUpRequests * itemsPerRequest).map(toImport),
      items: newPeople('late', environment.sizes.imported).map(toImport),
      tables: ['users', 'grants', 'connections'],
      check: async (total) => {
        const [row] = await carillon.database.sql<Array<{ number: number }>>`select count(*)::int as number from connections`
        expectSame('connections', { rows: row?.number }, { rows: total })
      }
    })
  },

  tell
}

interface Bulk<Item> {
  path: string
  /** The status of an accepted request. */
  status: number
  toBody: (items: Item[]) => object
  warmUp: Item[]
  items: Item[]
  /** The tables that get rows. */
  tables: string[]
  /** Throws when the tables do not contain this number of items. */
  check: (total: number) => Promise<void>
}

/** Closes `carillon`. */
async function measureBulk<Item> (
  carillon: Carillon, startLoop: Environment['startLoop'],
  { path, status, toBody, warmUp, items, tables, check }: Bulk<Item>
): Promise<BulkResult> {
  const loop = startLoop('post-loop')
  try {
    await loop.ready
    const post = async (items: Item[]): Promise<void> => {
      const bodies = Array.from({ length: Math.ceil(items.length / itemsPerRequest) }, (_, index) =>
        JSON.stringify(toBody(items.slice(index * itemsPerRequest, (index + 1) * itemsPerRequest))))
      await loop.ask({ origin: carillon.apiUrl, path, token: carillon.key, bodies, clients, status })
    }
    await post(warmUp)
    const stop = await startWatch([carillon.api])
    await post(items)
    const { ms, used: [api] } = await stop()
    const total = warmUp.length + items.length
    await check(total)
    const copyMs = await timeCopy(carillon.database, tables)
    return { perSecond: items.length / ms * 1000, copiedPerSecond: total / copyMs * 1000, serverBusy: api?.busy ?? 0 }
  } finally {
    await loop.stop()
    await carillon.close()
  }
}

function tell ({ perSecond, copiedPerSecond, serverBusy }: BulkResult): Record<string, string> {
  return { rate: rate(perSecond), 'COPY of the same rows': rate(copiedPerSecond), 'server busy': share(serverBusy) }
}
