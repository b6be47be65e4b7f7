import { deliveriesPerJob } from '@carillon/shared/deliveries'

export interface Pace {
  /** Connections in a segment. */
  size: number
  /** The delay between two connections. */
  secondsEach: number
}

/** The maximum of segments that spreading creates. Pause and resume update all of them in one statement. */
const maxSteps = 1_000

/**
 * Returns the size of the segments and the delay between connections. A segment holds the connections of one second, or of one
 * thousandth of the whole time if that is longer. `perSecond` is the provider's limit.
 */
export function paceOf (audience: number, spreadSeconds: number | null, perSecond: number | undefined): Pace {
  const seconds = Math.max(spreadSeconds ?? 0, perSecond === undefined ? 0 : audience / perSecond)
  if (seconds === 0 || audience === 0) return { size: deliveriesPerJob, secondsEach: 0 }
  const steps = Math.min(seconds, maxSteps)
  return { size: Math.min(deliveriesPerJob, Math.max(1, Math.ceil(audience / steps))), secondsEach: seconds / audience }
}
