import { openCarillon, usualBackend } from '../environment/carillon.ts'
import { checkCounts } from '../environment/check-counts.ts'
import type { Environment } from '../environment/bench-context.ts'
import { startWatch } from '../environment/stopwatch.ts'
import { broadcast, warmUp } from './broadcast.ts'
import { micros, rate } from './measure.ts'
import type { Measure } from './measure.ts'

export interface GrowthResult {
  perSecond: number
  cpuMicrosPerDelivery: number
  peakRssBytes: number
}

/** Several broadcasts to few people, one after the other. */
export const smallAudience: Measure<GrowthResult> = {
  name: 'broadcasts to the small audience',
  run: (environment) => measureAudience(environment, environment.sizes.growth.small, environment.sizes.growth.smallTimes),
  tell
}

/** One broadcast to many people. */
export const largeAudience: Measure<GrowthResult> = {
  name: 'a broadcast to the large audience',
  run: (environment) => measureAudience(environment, environment.sizes.growth.large, 1),
  tell
}

async function measureAudience (environment: Environment, audience: number, times: number): Promise<GrowthResult> {
  const carillon = await openCarillon(environment, { backend: usualBackend(environment), audience })
  try {
    await warmUp(environment, carillon)
    const stop = await startWatch([carillon.worker])
    for (let time = 0; time < times; time++) await broadcast(environment, carillon)
    const { ms, used: [worker] } = await stop()
    const sent = audience * times
    await checkCounts(environment, carillon, { sent: sent + environment.sizes.warmUp })
    return {
      perSecond: sent / ms * 1000,
      cpuMicrosPerDelivery: (worker?.cpuMs ?? NaN) * 1000 / sent,
      peakRssBytes: worker?.peakRssBytes ?? NaN
    }
  } finally {
    await carillon.close()
  }
}

function tell ({ perSecond, cpuMicrosPerDelivery, peakRssBytes }: GrowthResult): Record<string, string> {
  return {
    rate: rate(perSecond),
    "worker's CPU/delivery": micros(cpuMicrosPerDelivery),
    'peak RSS': `${(peakRssBytes / 2 ** 20).toFixed(0)} MiB`
  }
}
