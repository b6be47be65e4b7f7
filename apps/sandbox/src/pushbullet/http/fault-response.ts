import type { Clock } from '../../kit/clock.ts'
import { gatewayPage } from '../../kit/http/gateway-page.ts'
import type { FaultResponse } from '../../kit/simulator.ts'
import { bodyFor } from './pushbullet-error.ts'
import { exhausted, unspent } from './rate-headers.ts'

export function faultResponse (status: number, clock: Clock): FaultResponse {
  if (status >= 502 && status <= 504) return { headers: {}, body: gatewayPage(status) }
  if (status < 400) return { headers: { ...unspent(clock) }, body: {} }
  return { headers: { ...(status === 429 ? exhausted(clock) : unspent(clock)) }, body: bodyFor(status) }
}
