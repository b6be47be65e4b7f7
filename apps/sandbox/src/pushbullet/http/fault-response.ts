import type { Clock } from '../../kit/clock.ts'
import type { FaultAnswer } from '../../kit/simulator.ts'
import { bodyFor } from './pushbullet-error.ts'
import { exhausted, unspent } from './rate-headers.ts'

/** Statuses that come from a proxy in front of Pushbullet, which knows neither its JSON nor its headers. */
const GATEWAY: Record<number, string> = { 502: 'Bad Gateway', 503: 'Service Unavailable', 504: 'Gateway Timeout' }

export function faultAnswer (status: number, clock: Clock): FaultAnswer {
  const gateway = GATEWAY[status]
  if (gateway !== undefined) {
    const title = `${status} ${gateway}`
    return { headers: {}, body: `<html><head><title>${title}</title></head><body><center><h1>${title}</h1></center></body></html>\n` }
  }
  if (status < 400) return { headers: { ...unspent(clock) }, body: {} }
  return { headers: { ...(status === 429 ? exhausted(clock) : unspent(clock)) }, body: bodyFor(status) }
}
