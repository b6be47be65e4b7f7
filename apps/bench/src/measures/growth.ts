import { openCarillon, usualBackend } from '../ground/carillon.ts'
import { checkCounts } from '../ground/check-counts.ts'
import type { Ground } from '../ground/ground.ts'
import { startWatch } from '../ground/stopwatch.ts'
import { broadcast, warmUp } from './broadcast.ts'
import { micros, rate } from './measure.ts'
import type { Measure } from './measure.ts'

export interface GrowthResult {
  perSecond: number
  cpuMicrosPerDelivery: number
  peakRssBytes: number
}

/** Some broadcasts to few people, one after the other. */
export const smallAudience: Measure<GrowthResult> = {
  name: 'broadcasts to the small audience',
  run: (ground) => measureAudience(ground, ground.sizes.growth.small, ground.sizes.growth.smallTimes),
  tell
}

/** One broadcast to many. */
export const largeAudience: Measure<GrowthResult> = {
  name: 'a broadcast to the large audience',
  run: (ground) => measureAudience(ground, ground.sizes.growth.large, 1),
  tell
}

async function measureAudience (ground: Ground, audience: number, times: number): Promise<GrowthResult> {
  const carillon = await openCarillon(ground, { backend: usualBackend(ground), audience })
  try {
    await warmUp(ground, carillon)
    const stop = await startWatch([carillon.worker])
    for (let time = 0; time < times; time++) await broadcast(ground, carillon)
    const { ms, used: [worker] } = await stop()
    const sent = audience * times
    await checkCounts(ground, carillon, { sent: sent + ground.sizes.warmUp })
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
