import { deliveriesPerJob } from '@carillon/shared/deliveries'

export interface Pace {
  /** Connections in a segment. */
  size: number
  /** How much later each connection comes than the one before it. */
  secondsEach: number
}

/** Segments that spreading makes at most: each is a row and a job, and whoever steers a broadcast moves all of them at once. */
const mostSteps = 1_000

/**
 * A segment is what goes out in a second, where that is less than a full one, or in a thousandth of the time where that is
 * longer; each comes a little later than the one before. `perSecond` is what the provider may be sent at most.
 */
export function paceOf (audience: number, spreadSeconds: number | null, perSecond: number | undefined): Pace {
  const seconds = Math.max(spreadSeconds ?? 0, perSecond === undefined ? 0 : audience / perSecond)
  if (seconds === 0 || audience === 0) return { size: deliveriesPerJob, secondsEach: 0 }
  const steps = Math.min(seconds, mostSteps)
  return { size: Math.min(deliveriesPerJob, Math.max(1, Math.ceil(audience / steps))), secondsEach: seconds / audience }
}
