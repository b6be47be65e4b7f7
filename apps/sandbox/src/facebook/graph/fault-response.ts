import { STATUS_CODES } from 'node:http'
import type { FaultAnswer, NamedFault } from '../../kit/simulator.ts'
import { adCallOf } from './ad-call.ts'
import { FAULTS } from './fault-table.ts'
import type { FaultRow } from './fault-table.ts'
import { errorBody } from './graph-error.ts'
import type { Trace } from './graph-error.ts'
import type { ReportRuns } from '../insights/report-runs.ts'
import { usageHeaders } from './usage.ts'
import type { AdCall } from './usage.ts'

/** The row of the error table that is likeliest behind a status. What is not here comes from something in front of the API. */
const ROWS: Record<number, string> = { 400: '100', 401: '190', 403: '200', 404: '100/33', 429: '4', 500: '1', 503: '2' }

/** How long a limit lasts that a fault has made up, and what it is said to be used to. */
const LEFT_MS = 900_000
const USED_UP_PERCENT = 110

export function faultAnswer (status: number, trace: Trace): FaultAnswer {
  if (status < 400) return { headers: usageHeaders({ appPercent: 0 }), body: {} }
  const row = FAULTS[ROWS[status] ?? '']
  if (row !== undefined) return answerOf(row, undefined, trace)
  const title = `${status} ${STATUS_CODES[status] ?? ''}`
  return { headers: {}, body: `<html><head><title>${title}</title></head><body><center><h1>${title}</h1></center></body></html>\n` }
}

/** Every row of the error table, as an answer to the call that it strikes. */
export function namedFaults (trace: Trace, runs: ReportRuns): Record<string, NamedFault> {
  return Object.fromEntries(Object.entries(FAULTS).map(([name, row]): [string, NamedFault] => [
    name, (request) => ({ status: row.status ?? 400, ...answerOf(row, adCallOf(request, runs), trace) })
  ]))
}

function answerOf (row: FaultRow, call: AdCall | undefined, trace: Trace): FaultAnswer {
  const body = row.details === undefined ? row.text ?? '' : errorBody(row.details, trace)
  return { headers: headersOf(row, call), body }
}

function headersOf ({ usedUp }: FaultRow, call: AdCall | undefined): Record<string, string> {
  if (usedUp === undefined) return usageHeaders({ appPercent: 0, ...call !== undefined && { call } })
  if (usedUp === 'app') return usageHeaders({ appPercent: USED_UP_PERCENT, ...call !== undefined && { call } })
  const { accountId = '1', useCase = 'ads_management' } = call ?? {}
  return usageHeaders({
    appPercent: 0,
    call: { accountId, useCase: usedUp === 'adAccount' ? useCase : usedUp },
    accountPercent: USED_UP_PERCENT,
    leftMs: LEFT_MS
  })
}
