import { STATUS_CODES } from 'node:http'
import type { FaultAnswer } from '../../kit/simulator.ts'
import { frameworkPage } from './error-handler.ts'

/** What pump.io itself says with a status: 400 is the dead token, and 500 the framework's page. */
export function faultAnswer (status: number): FaultAnswer {
  const text = STATUS_CODES[status] ?? 'Error'
  switch (status) {
    case 400: return { headers: { 'content-type': 'text/plain', 'www-authenticate': 'OAuth realm="OAuth"' }, body: 'Invalid / expired Token' }
    case 401: return { headers: {}, body: { error: 'Not authorized' } }
    case 403: return { headers: {}, body: { error: 'Only the author and recipients can view this object.' } }
    // From a proxy in front of it. So is 429, since pump.io limits nobody.
    case 429: case 502: case 503: case 504: return { headers: {}, body: gatewayPage(`${status} ${text}`) }
    default: return { headers: {}, body: status < 400 ? {} : status < 500 ? { error: text } : frameworkPage(text) }
  }
}

function gatewayPage (title: string): string {
  return `<html><head><title>${title}</title></head><body><center><h1>${title}</h1></center></body></html>\n`
}
