import { openCarillon, usualBackend } from '../environment/carillon.ts'
import type { BackendKind, Carillon } from '../environment/carillon.ts'
import { checkCounts, countRows, expectSame } from '../environment/check-counts.ts'
import type { Environment } from '../environment/bench-context.ts'
import { openTlsProvider } from '../environment/open-tls-provider.ts'
import { startWatch } from '../environment/stopwatch.ts'
import { until } from '../environment/until.ts'
import { micros, rate, share } from './measure.ts'
import type { Measure } from './measure.ts'

export interface BroadcastResult {
  perSecond: number
  statementsPerDelivery: number
  /** The mean of all workers. */
  workerBusy: number
  /** The sum of all workers. */
  workerCpuMicros: number
  simulatorBusy: number
}

export const broadcastOnRedis: Measure<BroadcastResult> = {
  name: 'broadcast, jobs in Redis', needs: ['redis'], run: (environment) => measureBroadcast(environment, { backend: 'redis' }), tell
}

export const broadcastOnPostgres: Measure<BroadcastResult> = {
  name: 'broadcast, jobs in PostgreSQL', run: (environment) => measureBroadcast(environment, { backend: 'postgres' }), tell
}

export const broadcastAt150ms = broadcastAt(150)
export const broadcastAt400ms = broadcastAt(400)

/** Two workers share jobs in Redis, as in a larger deployment. */
export const broadcastByTwoWorkers: Measure<BroadcastResult> = {
  ...broadcastAt(150, 2), name: 'broadcast by two workers, provider at 150 ms', needs: ['redis']
}

/** The provider is a process of its own, and responds at once. */
export const broadcastOverTls: Measure<BroadcastResult> = {
  name: 'broadcast over TLS with HTTP/2',
  needs: ['openssl'],
  run: async (environment) => {
    const provider = await openTlsProvider(environment)
    try {
      return await measureBroadcast(provider.environment, {
        backend: usualBackend(environment), audience: environment.sizes.slow, settings: provider.settings
      })
    } finally {
      await provider.close()
    }
  },
  tell
}

function broadcastAt (medianMs: number, workers = 1): Measure<BroadcastResult> {
  return {
    name: `broadcast, provider at ${medianMs} ms`,
    run: (environment) => measureBroadcast(environment, {
      backend: usualBackend(environment), audience: environment.sizes.slow, medianMs, workers
    }),
    tell
  }
}

const patienceMs = 300_000

interface BroadcastOptions {
  backend: BackendKind
  audience?: number
  workers?: number
  medianMs?: number
  settings?: Record<string, string>
}

async function measureBroadcast (
  environment: Environment,
  { backend, audience = environment.sizes.broadcast, workers = 1, medianMs = 0, settings = {} }: BroadcastOptions
): Promise<BroadcastResult> {
  const { simulator } = environment
  const carillon = await openCarillon(environment, { backend, audience, workers, settings })
  try {
    await simulator.delay(medianMs)
    await warmUp(environment, carillon)
    await carillon.database.resetStatements()
    const stop = await startWatch([simulator.process, ...carillon.workers])
    await broadcast(environment, carillon)
    const { ms, used: [provider, ...used] } = await stop()
    const statements = await carillon.database.statements()
    await checkCounts(environment, carillon, { sent: audience + environment.sizes.warmUp })
    return {
      perSecond: audience / ms * 1000,
      statementsPerDelivery: statements / audience,
      workerBusy: used.reduce((sum, { busy }) => sum + busy, 0) / workers,
      workerCpuMicros: used.reduce((sum, { cpuMs }) => sum + cpuMs, 0) * 1000 / audience,
      simulatorBusy: provider?.busy ?? NaN
    }
  } finally {
    await simulator.delay(0)
    await carillon.close()
  }
}

/** Sends to all people, waits until the API reports completion, and returns the notification's id. */
export async function broadcast (environment: Environment, carillon: Carillon): Promise<string> {
  const { distinct: before } = await environment.simulator.counts()
  const audience = carillon.people.length
  const id = await carillon.notify({ everyone: true })
  const describe = async (): Promise<string> =>
    `${JSON.stringify(await environment.simulator.counts())} at the simulator, deliveries ${JSON.stringify(await countRows(carillon))}`
  // The simulator's count costs little. Polling the API's status would affect the measurement.
  await until(
    async () => (await environment.simulator.counts()).distinct >= before + audience, { everyMs: 50, patienceMs, describe })
  await until(async () => (await carillon.status(id)).status === 'completed', { everyMs: 10, patienceMs: 60_000, describe })
  expectSame('counts of the API', (await carillon.status(id)).counts, { sent: audience })
  return id
}

export async function warmUp (environment: Environment, carillon: Carillon): Promise<void> {
  const { warmUp: count } = environment.sizes
  const id = await carillon.notify({ userIds: carillon.people.slice(0, count).map(({ userId }) => userId) })
  await until(async () => (await carillon.status(id)).status === 'completed', {
    everyMs: 25, patienceMs, describe: async () => `the warm-up is ${JSON.stringify(await carillon.status(id))}`
  })
}

function tell (result: BroadcastResult): Record<string, string> {
  const { perSecond, statementsPerDelivery, workerBusy, workerCpuMicros, simulatorBusy } = result
  return {
    rate: rate(perSecond),
    'worker busy': share(workerBusy),
    "worker's CPU/delivery": micros(workerCpuMicros),
    'simulator busy': share(simulatorBusy),
    'statements/delivery': statementsPerDelivery.toFixed(4)
  }
}
