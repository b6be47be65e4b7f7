import { concurrency } from '../concurrency.ts'
import { expectSame } from '../environment/check-counts.ts'
import { startWatch } from '../environment/stopwatch.ts'
import { pushPath } from '../environment/simulator.ts'
import { micros, rate, share } from './measure.ts'
import type { Measure } from './measure.ts'

export interface LimitResult {
  perSecond: number
  loopBusy: number
  loopCpuMicros: number
  simulatorBusy: number
  simulatorCpuMicros: number
}

/** The upper limit: the same requests from a loop that does nothing else. */
export const limit: Measure<LimitResult> = {
  name: 'limit: a bare undici loop',

  async run ({ simulator, sizes, people, startLoop }) {
    const { broadcast, warmUp } = sizes
    const tokens = (await people(broadcast)).map(({ accessToken }) => accessToken)
    const loop = startLoop('push-loop')
    try {
      await loop.ready
      const prepare = (tokens: string[]) => loop.ask({ origin: simulator.url, path: pushPath, tokens, concurrency })
      const go = () => loop.ask({ go: true })
      await prepare(tokens.slice(0, warmUp))
      await go()
      await prepare(tokens)
      await simulator.reset()
      const stop = await startWatch([loop, simulator.process])
      await go()
      const { ms, used: [own, theirs] } = await stop()
      expectSame('guids at the simulator', await simulator.counts(), { distinct: broadcast, repeated: 0 })
      return {
        perSecond: broadcast / ms * 1000,
        loopBusy: own?.busy ?? NaN,
        loopCpuMicros: (own?.cpuMs ?? NaN) * 1000 / broadcast,
        simulatorBusy: theirs?.busy ?? NaN,
        simulatorCpuMicros: (theirs?.cpuMs ?? NaN) * 1000 / broadcast
      }
    } finally {
      await loop.stop()
      await simulator.reset()
    }
  },

  tell: ({ perSecond, loopBusy, loopCpuMicros, simulatorBusy, simulatorCpuMicros }) => ({
    rate: rate(perSecond),
    'loop busy': share(loopBusy),
    "loop's CPU/request": micros(loopCpuMicros),
    'simulator busy': share(simulatorBusy),
    "simulator's CPU/request": micros(simulatorCpuMicros)
  })
}
