import { openCarillon } from '../environment/carillon.ts'
import type { BackendKind, Carillon } from '../environment/carillon.ts'
import { checkCounts, countRows, expectSame } from '../environment/check-counts.ts'
import type { Environment } from '../environment/bench-context.ts'
import { startWatch } from '../environment/stopwatch.ts'
import { until } from '../environment/until.ts'
import { micros, rate, share } from './measure.ts'
import type { Measure } from './measure.ts'

export interface BroadcastResult {
  perSecond: number
  statementsPerDelivery: number
  workerBusy: number
  workerCpuMicros: number
  simulatorBusy: number
}

export const broadcastOnRedis: Measure<BroadcastResult> = {
  name: 'broadcast, jobs in Redis', needsRedis: true, run: (environment) => measureBroadcast(environment, 'redis'), tell
}

export const broadcastOnPostgres: Measure<BroadcastResult> = {
  name: 'broadcast, jobs in PostgreSQL', run: (environment) => measureBroadcast(environment, 'postgres'), tell
}

const patienceMs = 300_000

async function measureBroadcast (environment: Environment, backend: BackendKind): Promise<BroadcastResult> {
  const { broadcast: audience } = environment.sizes
  const carillon = await openCarillon(environment, { backend, audience })
  try {
    await warmUp(environment, carillon)
    await carillon.database.resetStatements()
    const stop = await startWatch([carillon.worker, environment.simulator.process])
    await broadcast(environment, carillon)
    const { ms, used: [worker, simulator] } = await stop()
    const statements = await carillon.database.statements()
    await checkCounts(environment, carillon, { sent: audience + environment.sizes.warmUp })
    return {
      perSecond: audience / ms * 1000,
      statementsPerDelivery: statements / audience,
      workerBusy: worker?.busy ?? NaN,
      workerCpuMicros: (worker?.cpuMs ?? NaN) * 1000 / audience,
      simulatorBusy: simulator?.busy ?? NaN
    }
  } finally {
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
