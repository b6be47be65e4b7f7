import { gatewayPage } from '../kit/http/gateway-page.ts'
import type { Clock } from '../kit/clock.ts'
import type { FaultResponse } from '../kit/simulator.ts'

/** `{"error": "…"}` with a status. */
export class MastodonError extends Error {
  override readonly name = 'MastodonError'
  readonly status: number

  constructor (status: number, message: string) {
    super(message)
    this.status = status
  }
}

const TEXTS: Record<number, string> = {
  401: 'The access token is invalid',
  403: 'This action is not allowed',
  404: 'Record not found',
  422: 'Validation failed: Text can\'t be blank',
  429: 'Too many requests'
}

export function faultResponse (status: number, clock: Clock): FaultResponse {
  if (status >= 500) return { headers: {}, body: gatewayPage(status) }
  if (status < 400) return { headers: {}, body: {} }
  return { headers: status === 429 ? limitHeaders(0, clock.nowMs() + 300_000) : {}, body: { error: TEXTS[status] ?? `status ${status}` } }
}

/** The end of the window is a date with microseconds. */
export function limitHeaders (remaining: number, resetMs: number): Record<string, string> {
  return {
    'x-ratelimit-limit': '300',
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': new Date(resetMs).toISOString().replace('Z', '000Z')
  }
}
