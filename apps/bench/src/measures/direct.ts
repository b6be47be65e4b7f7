import { openCarillon, usualBackend } from '../environment/carillon.ts'
import { CountError, countRows, expectSame } from '../environment/check-counts.ts'
import type { Environment } from '../environment/bench-context.ts'
import { until } from '../environment/until.ts'
import { timeDirectSends } from './latency.ts'
import type { LatencyResult } from './latency.ts'
import { milliseconds } from './measure.ts'
import type { Measure } from './measure.ts'

/** Latency during a broadcast to the large audience, whose rest is canceled afterwards. */
export const directDuringBroadcast: Measure<LatencyResult> = {
  name: 'latency of a direct send, during a broadcast', run: (environment) => measureDuring(environment, 0), tell
}

export const directDuringBroadcastAt150ms: Measure<LatencyResult> = {
  name: 'latency of a direct send, during a broadcast, provider at 150 ms', run: (environment) => measureDuring(environment, 150), tell
}

async function measureDuring (environment: Environment, medianMs: number): Promise<LatencyResult> {
  const { direct: count, growth: { large } } = environment.sizes
  const carillon = await openCarillon(environment, { backend: usualBackend(environment), audience: large })
  try {
    await environment.simulator.delay(medianMs)
    const id = await carillon.notify({ everyone: true })
    const describe = async (): Promise<string> => `deliveries ${JSON.stringify(await countRows(carillon))}`
    await until(
      async () => (await environment.simulator.counts()).distinct > 1_000, { everyMs: 20, patienceMs: 60_000, describe })
    const result = await timeDirectSends(environment, carillon, count)
    const { status } = await carillon.status(id)
    if (status !== 'sending') throw new CountError(`The broadcast was ${status} before all direct sends were timed: take a larger audience`)

    await carillon.control(id, 'cancel')
    await until(async () => {
      const { sending = 0, queued = 0, retrying = 0 } = (await carillon.status(id)).counts
      return sending + queued + retrying === 0
    }, { everyMs: 50, patienceMs: 60_000, describe })
    const { counts: { sent = 0, canceled = 0, ...others } } = await carillon.status(id)
    expectSame('the canceled broadcast', { everybody: sent + canceled, ...others }, { everybody: large })
    const { sent: all = 0 } = await countRows(carillon)
    expectSame('guids at the simulator', await environment.simulator.counts(), { distinct: all, repeated: 0 })
    return result
  } finally {
    await environment.simulator.delay(0)
    await carillon.close()
  }
}

function tell ({ p50Ms, p99Ms }: LatencyResult): Record<string, string> {
  return { p50: milliseconds(p50Ms), p99: milliseconds(p99Ms) }
}
