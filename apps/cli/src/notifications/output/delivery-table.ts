import { printable } from '../../printable.ts'
import { moment } from './format.ts'
import type { Delivery, ExplainedDelivery } from '../api/notification.ts'
import { table } from './table.ts'

/** A table with one line per delivery. */
export function deliveryTable (deliveries: Delivery[]): string[] {
  return table([
    ['CONNECTION', 'PROVIDER  ', 'STATE   ', 'ATTEMPTS', 'CHANGED', 'USER', 'REASON'],
    ...deliveries.map(({ connectionId, provider, state, attempts, updatedAt, userId, reason }) => [
      connectionId, provider, state, String(attempts), moment(updatedAt), printable(userId), printable(reason ?? '')
    ])
  ], [3])
}

/** The reason for a delivery's state, and its history. */
export function explain ({ connectionId, userId, provider, explanation, history }: ExplainedDelivery): string[] {
  return [
    `${connectionId} of ${printable(userId)} at ${provider}`,
    printable(explanation),
    '',
    ...table(history.map(({ at, event, outcome = '', status, durationMs, reason = '', until }) => [
      moment(at), event, outcome, status === undefined ? '' : String(status), durationMs === undefined ? '' : `${Math.round(durationMs)} ms`,
      `${printable(reason)}${until === undefined ? '' : ` until ${moment(until)}`}`.trim()
    ]), [4])
  ]
}
