import { gatewayPage } from '../../kit/http/gateway-page.ts'
import type { FaultResponse, NamedFault } from '../../kit/simulator.ts'
import type { ReportRuns } from '../insights/report-runs.ts'
import { adCallOf } from './ad-call.ts'
import { FAULTS } from './fault-table.ts'
import type { FaultRow } from './fault-table.ts'
import { errorBody } from './graph-error.ts'
import type { Trace } from './graph-error.ts'
import { usageHeaders } from './usage.ts'
import type { AdCall } from './usage.ts'

/** The most likely row of the error table for a status. Other statuses come from a gateway. */
const ROWS: Record<number, string> = { 400: '100', 401: '190', 403: '200', 404: '100/33', 429: '4', 500: '1', 503: '2' }

/** When the limit of a fault ends, and the usage that its headers report. */
const LEFT_MS = 900_000
const USED_UP_PERCENT = 110

export function faultResponse (status: number, trace: Trace): FaultResponse {
  if (status < 400) return { headers: usageHeaders({ appPercent: 0 }), body: {} }
  const row = FAULTS[ROWS[status] ?? '']
  if (row !== undefined) return responseOf(row, undefined, trace)
  return { headers: {}, body: gatewayPage(status) }
}

/** Every row of the error table, as the response to a call. */
export function namedFaults (trace: Trace, runs: ReportRuns): Record<string, NamedFault> {
  return Object.fromEntries(Object.entries(FAULTS).map(([name, row]): [string, NamedFault] => [
    name, (request) => ({ status: row.status ?? 400, ...responseOf(row, adCallOf(request, runs), trace) })
  ]))
}

function responseOf (row: FaultRow, call: AdCall | undefined, trace: Trace): FaultResponse {
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
