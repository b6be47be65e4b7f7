import { STATUS_CODES } from 'node:http'
import type { FaultAnswer } from '../simulator.ts'
import { errorBody } from './graph-error.ts'
import type { Trace } from './graph-error.ts'
import { FAULTS } from './fault-table.ts'
import { usageHeaders } from './usage.ts'

/** The row of the error table that is likeliest behind a status. What is not here comes from something in front of the API. */
const ROWS: Record<number, string> = { 400: '100', 401: '190', 403: '200', 404: '100/33', 429: '4', 500: '1', 503: '2' }

export function faultAnswer (status: number, trace: Trace): FaultAnswer {
  if (status < 400) return { headers: usageHeaders({ appPercent: 0 }), body: {} }
  const details = FAULTS[ROWS[status] ?? '']?.details
  if (details !== undefined) {
    return { headers: usageHeaders({ appPercent: status === 429 ? 100 : 0 }), body: errorBody(details, trace) }
  }
  const title = `${status} ${STATUS_CODES[status] ?? ''}`
  return { headers: {}, body: `<html><head><title>${title}</title></head><body><center><h1>${title}</h1></center></body></html>\n` }
}
