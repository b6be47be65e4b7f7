/** Response times of a provider across the internet. */
export interface Latency {
  /** 0 ends it. */
  setMedian: (medianMs: number) => void
  /** The time that the next response takes, in whole milliseconds. */
  nextMs: () => number
}

const pairs = 500
/** The standard deviation of the logarithm: half of the responses are within 20 % of the median. */
const sigma = 0.3
const slowEvery = 100
const slowFactor = 5
/** Has no common divisor with the number of factors, so that all of them are visited in a mixed order. */
const stride = 617

/**
 * Response times with a lognormal distribution, except that one in a hundred takes five times the median. The same 1,000 factors
 * repeat, so that two measurements of a few thousand requests have the same mean.
 */
export function createLatency (): Latency {
  const factors = lognormalFactors().map((factor, index) => index % slowEvery === 0 ? slowFactor : factor)
  let medianMs = 0
  let next = 0

  return {
    setMedian: (ms) => { medianMs = ms },
    nextMs () {
      if (medianMs === 0) return 0
      next = (next + stride) % factors.length
      return Math.round(medianMs * (factors[next] ?? 1))
    }
  }
}

/** Pairs of a factor and its inverse, whose median is therefore 1 (Box–Muller on evenly spaced numbers). */
function lognormalFactors (): number[] {
  const goldenRatio = (Math.sqrt(5) - 1) / 2
  return Array.from({ length: pairs }, (_, index) => {
    const distance = Math.sqrt(-2 * Math.log((index + 0.5) / pairs))
    const deviation = distance * Math.cos(2 * Math.PI * (index * goldenRatio % 1))
    return [Math.exp(sigma * deviation), Math.exp(-sigma * deviation)]
  }).flat()
}
