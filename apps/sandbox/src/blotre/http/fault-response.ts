import type { FaultResponse } from '../../kit/simulator.ts'
import { statusPage } from '../oauth/pages.ts'
import { apiError, unauthorized } from './blotre-error.ts'

/** The usual response of Blot're's API with a status. It has no limits, so 429 comes from a proxy, like 502 to 504. */
export function faultResponse (status: number): FaultResponse {
  if (status < 400) return { headers: {}, body: {} }
  switch (status) {
    case 400: return { headers: {}, body: apiError('Could not process request', {}) }
    case 401: return { headers: {}, body: apiError(unauthorized().message) }
    case 404: return { headers: {}, body: apiError('Stream does not exist.') }
    case 422: return { headers: {}, body: apiError('Too many streams for user.') }
    case 500: return { headers: {}, body: apiError('An internal server error occurred.') }
    default: return { headers: {}, body: statusPage(status, 'The request was not handled.') }
  }
}
