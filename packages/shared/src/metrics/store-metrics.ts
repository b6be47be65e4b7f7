import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import type { Database } from '../db/index.ts'
import { readBacklog } from './read-backlog.ts'
import type { Backlog, ProviderBacklog } from './read-backlog.ts'
import { cacheReading } from './cache-reading.ts'

export interface MeasuredStores {
  database: Pick<Database, 'sql'>
  /** The offered providers. */
  providers: string[]
  onError: (error: unknown) => void
}

interface Options<Label extends string> {
  name: string
  help: string
  labelNames: Label[]
}

const ofProviders: Array<{ name: string, help: string, read: (backlog: ProviderBacklog) => number }> = [
  { name: 'carillon_due_deliveries', help: 'Deliveries to named users, and retries, that are due and wait for a worker.', read: ({ due }) => due },
  { name: 'carillon_due_broadcast_deliveries', help: 'Connections of broadcasts that are due and wait for a worker.', read: ({ broadcast }) => broadcast },
  { name: 'carillon_oldest_due_seconds', help: 'Time since the oldest of these was due. 0 when none is due.', read: ({ oldestSeconds }) => oldestSeconds },
  { name: 'carillon_breaker_open', help: "1 while the breaker of the provider's own host is not closed.", read: ({ isOpen }) => Number(isOpen) },
  { name: 'carillon_provider_paused', help: '1 while the provider refuses this deployment, so that an operator has to act.', read: ({ isPaused }) => Number(isPaused) },
  { name: 'carillon_provider_limited', help: "1 while the provider's rate limit applies to all connections.", read: ({ isLimited }) => Number(isLimited) },
  { name: 'carillon_open_hosts', help: 'Hosts that users chose whose breaker is not closed.', read: ({ openHosts }) => openHosts },
  { name: 'carillon_limited_hosts', help: 'Hosts that users chose whose rate limit applies.', read: ({ limitedHosts }) => limitedHosts }
]

/**
 * Adds what all processes share in PostgreSQL, read by one statement when a scrape needs it. The gauges have no value while the
 * database does not respond.
 */
export function measureStores (registry: Registry, { database, providers, onError }: MeasuredStores): void {
  const read = cacheReading(() => readBacklog(database, providers), onError)

  for (const { name, help, read: valueOf } of ofProviders) {
    addShared({ name, help, labelNames: ['provider'] }, (gauge, backlog) => {
      for (const one of backlog.providers) gauge.set({ provider: one.provider }, valueOf(one))
    })
  }
  addShared({
    name: 'carillon_database_connections', help: 'Connections of the role to PostgreSQL, from all processes, by state.', labelNames: ['state']
  }, (gauge, { connections }) => {
    for (const state of ['active', 'idle', 'idle in transaction', 'other']) gauge.set({ state }, connections[state] ?? 0)
  })
  addShared({ name: 'carillon_database_max_connections', help: "PostgreSQL's max_connections.", labelNames: [] }, (gauge, { maxConnections }) => {
    gauge.set(maxConnections)
  })
  add({ name: 'carillon_database_up', help: '1 while PostgreSQL responds to this process.', labelNames: [] }, async (gauge) => {
    gauge.set(await read() === undefined ? 0 : 1)
  })

  /** Adds a gauge of what all processes share. It has no value while the database does not respond. */
  function addShared<Label extends string> (options: Options<Label>, set: (gauge: Gauge<Label>, backlog: Backlog) => void): void {
    add(options, async (gauge) => {
      const backlog = await read()
      gauge.reset()
      if (backlog !== undefined) set(gauge, backlog)
      else if (options.labelNames.length === 0) gauge.remove()
    })
  }

  function add<Label extends string> (options: Options<Label>, collect: (gauge: Gauge<Label>) => void | Promise<void>): void {
    const gauge: Gauge<Label> = new Gauge({ ...options, registers: [registry], collect: () => collect(gauge) })
  }
}
