/** The number of requests in flight beyond which the host refuses requests. */
export interface Ceiling {
  /** Infinity before the first refusal. */
  readonly value: number
  /** Learns from a request that was refused while `inFlight` were in flight, itself included. Returns whether that was a test. */
  lower: (inFlight: number, at: number) => boolean
  /** Raises the ceiling a little when it is time to test it. Call it while the limit is as high as the ceiling. */
  test: (at: number) => void
}

/** A ceiling is tested after this time, and after twice as long each time that the host refuses requests again. */
const firstTestMs = 30_000
const maxTestMs = 600_000
/** A ceiling above the last refused one is raised again after this time. */
const nextTestMs = 3_000
const firstStep = 0.05
/** After a failed test, the ceiling is lower than before, so that workers that share a host converge to equal shares. */
const failedFactor = 0.95
/** A refusal below the ceiling may be due to another worker. A second one within this time lowers the ceiling. */
const repeatMs = 10_000

/** All times are milliseconds of one clock. */
export function createCeiling (): Ceiling {
  let value = Infinity
  let changedAt = 0
  let testMs = firstTestMs
  let step = firstStep
  /** The ceiling before the test that is running. */
  let proven: number | undefined
  let refusedAt = -Infinity
  /** The lowest number at which the last test failed. */
  let failedNumber = Infinity

  return {
    get value () { return value },
    lower (inFlight, at) {
      const isTest = proven !== undefined && inFlight > proven
      if (isTest && proven !== undefined) {
        failedNumber = inFlight
        testMs = Math.min(testMs * 2, maxTestMs)
        value = Math.max(1, Math.min(proven, Math.round(proven * failedFactor)))
      } else {
        if (value === Infinity || at - refusedAt < repeatMs) value = Math.min(value, Math.max(1, inFlight - 1))
        refusedAt = at
      }
      proven = undefined
      step = firstStep
      changedAt = at
      return isTest
    },
    test (at) {
      const isBeyond = proven !== undefined && value >= failedNumber
      if (at - changedAt < (isBeyond ? nextTestMs : testMs)) return
      if (isBeyond) testMs = firstTestMs
      if (proven !== undefined) step *= 2
      proven = value
      value = Math.floor(value + Math.max(1, value * step))
      changedAt = at
    }
  }
}
