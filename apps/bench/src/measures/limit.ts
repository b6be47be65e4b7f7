import { concurrency, maxInFlight } from '../concurrency.ts'
import type { Environment } from '../environment/bench-context.ts'
import { expectSame } from '../environment/check-counts.ts'
import { openTlsProvider } from '../environment/open-tls-provider.ts'
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
  run: (environment) => measureLoop(environment, { requests: environment.sizes.broadcast, concurrency }),
  tell
}

export const limitAt150ms = limitAt(150)
export const limitAt400ms = limitAt(400)

export const limitOverTls: Measure<LimitResult> = {
  name: 'limit: a bare loop over TLS with HTTP/2',
  needs: ['openssl'],
  run: async (environment) => {
    const { certificate, close, ...provider } = await openTlsProvider(environment)
    try {
      return await measureLoop(provider.environment, { requests: environment.sizes.slow, concurrency, certificate })
    } finally {
      await close()
    }
  },
  tell
}

function limitAt (medianMs: number): Measure<LimitResult> {
  return {
    name: `limit: a bare undici loop, provider at ${medianMs} ms`,
    run: (environment) => measureLoop(environment, { requests: environment.sizes.slow, concurrency: maxInFlight, medianMs }),
    tell
  }
}

interface LoopOptions {
  requests: number
  concurrency: number
  medianMs?: number
  /** Over TLS with HTTP/2, trusting this certificate. */
  certificate?: string
}

async function measureLoop (
  { simulator, sizes, people, startLoop }: Environment, { requests, concurrency, medianMs = 0, certificate }: LoopOptions
): Promise<LimitResult> {
  // Each connection is opened before the measurement.
  const warmUp = Math.min(requests, Math.max(sizes.warmUp, concurrency))
  const tokens = (await people(requests)).map(({ accessToken }) => accessToken)
  const loop = startLoop(certificate === undefined ? 'push-loop' : 'push-loop-h2')
  try {
    await loop.ready
    await simulator.delay(medianMs)
    const prepare = (tokens: string[]) => loop.ask({ origin: simulator.url, path: pushPath, tokens, concurrency, certificate })
    const go = () => loop.ask({ go: true })
    await prepare(tokens.slice(0, warmUp))
    await go()
    await prepare(tokens)
    await simulator.reset()
    const stop = await startWatch([loop, simulator.process])
    await go()
    const { ms, used: [own, theirs] } = await stop()
    expectSame('guids at the simulator', await simulator.counts(), { distinct: requests, repeated: 0 })
    return {
      perSecond: requests / ms * 1000,
      loopBusy: own?.busy ?? NaN,
      loopCpuMicros: (own?.cpuMs ?? NaN) * 1000 / requests,
      simulatorBusy: theirs?.busy ?? NaN,
      simulatorCpuMicros: (theirs?.cpuMs ?? NaN) * 1000 / requests
    }
  } finally {
    await loop.stop()
    await simulator.delay(0)
    await simulator.reset()
  }
}

function tell ({ perSecond, loopBusy, loopCpuMicros, simulatorBusy, simulatorCpuMicros }: LimitResult): Record<string, string> {
  return {
    rate: rate(perSecond),
    'loop busy': share(loopBusy),
    "loop's CPU/request": micros(loopCpuMicros),
    'simulator busy': share(simulatorBusy),
    "simulator's CPU/request": micros(simulatorCpuMicros)
  }
}
