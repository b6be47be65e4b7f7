import { STATUS_CODES } from 'node:http'
import { gatewayPage } from '../../kit/http/gateway-page.ts'
import type { FaultResponse } from '../../kit/simulator.ts'
import { frameworkPage } from './error-handler.ts'

/** pump.io's usual response with a status. 400 is an invalid token, and 500 is the framework's page. */
export function faultResponse (status: number): FaultResponse {
  const text = STATUS_CODES[status] ?? 'Error'
  switch (status) {
    case 400: return { headers: { 'content-type': 'text/plain', 'www-authenticate': 'OAuth realm="OAuth"' }, body: 'Invalid / expired Token' }
    case 401: return { headers: {}, body: { error: 'Not authorized' } }
    case 403: return { headers: {}, body: { error: 'Only the author and recipients can view this object.' } }
    // From a proxy. So is 429, since pump.io has no limits.
    case 429: case 502: case 503: case 504: return { headers: {}, body: gatewayPage(status) }
    default: return { headers: {}, body: status < 400 ? {} : status < 500 ? { error: text } : frameworkPage(text) }
  }
}
