import type { deliveryStates } from '../db/index.ts'

export type DeliveryState = typeof deliveryStates[number]

/** One entry of a delivery's history. */
export interface DeliveryEvent {
  /** ISO 8601. */
  at: string
  event: 'queued' | 'parked' | 'released' | 'attempt' | 'wait' | 'handedBack' | 'workerLost' | 'skipped' | 'expired' | 'canceled' | 'paused' | 'resumed' | 'retried' | 'seen'
  reason?: string
  outcome?: string
  /** The result of refreshing the credentials for this attempt. */
  refresh?: 'fresh' | 'dead' | 'rateLimited'
  /** HTTP status of the provider's response. */
  status?: number
  durationMs?: number
  /** ISO 8601: when the delivery is attempted again. */
  until?: string
}

export type EventName = DeliveryEvent['event']

/** The states in which each column has a value. In all other states it is null. Checks of the table enforce the same. */
export const statesWith = {
  due_at: ['queued', 'retrying'],
  parked_at: ['parked'],
  claim_id: ['sending'],
  receipt: ['sent']
} satisfies Record<string, DeliveryState[]>

export type StateColumn = keyof typeof statesWith

interface Transition {
  /** The statement in `sql/` that makes the transition. */
  by: string
  /** `null`: the statement inserts the delivery. */
  from: DeliveryState[] | null
  /** `same`: the state stays, and other columns change. */
  to: DeliveryState | 'same'
  /** The events of which the statement records one at most. `null`: it may record none. */
  events: Array<EventName | null>
}

/**
 * The state machine of deliveries. Statements make no other transitions. `states.test.ts` runs random statements against
 * PostgreSQL and compares the results.
 */
export const transitions = [
  { by: 'insertNotifications', from: null, to: 'queued', events: ['queued'] },
  { by: 'insertNotifications', from: null, to: 'parked', events: ['parked'] },
  { by: 'insertNotifications', from: null, to: 'skipped', events: ['skipped'] },

  { by: 'claimSegment', from: null, to: 'sending', events: [null] },
  { by: 'claimSegment', from: null, to: 'queued', events: ['wait'] },
  { by: 'claimSegment', from: null, to: 'parked', events: ['parked'] },
  { by: 'claimSegment', from: null, to: 'canceled', events: ['canceled'] },
  { by: 'claimSegment', from: null, to: 'expired', events: ['expired'] },
  { by: 'claimSegment', from: null, to: 'skipped', events: ['skipped'] },

  { by: 'claim', from: ['queued', 'retrying'], to: 'sending', events: [null] },
  { by: 'claim', from: ['queued', 'retrying'], to: 'parked', events: ['parked'] },
  { by: 'claim', from: ['queued', 'retrying'], to: 'canceled', events: ['canceled'] },
  { by: 'claim', from: ['queued', 'retrying'], to: 'expired', events: ['expired'] },
  { by: 'claim', from: ['queued', 'retrying'], to: 'skipped', events: ['skipped'] },
  { by: 'claim', from: ['queued', 'retrying'], to: 'same', events: ['wait', 'paused', null] },

  { by: 'settle', from: ['sending'], to: 'sent', events: ['attempt'] },
  { by: 'settle', from: ['sending'], to: 'retrying', events: ['attempt', 'wait', 'handedBack', 'parked'] },
  { by: 'settle', from: ['sending'], to: 'parked', events: ['attempt', 'parked'] },
  { by: 'settle', from: ['sending'], to: 'failed', events: ['attempt'] },
  { by: 'settle', from: ['sending'], to: 'unknown', events: ['attempt'] },
  { by: 'settle', from: ['sending'], to: 'expired', events: ['expired'] },
  { by: 'settle', from: ['sending'], to: 'canceled', events: ['attempt', 'wait', 'handedBack', 'parked'] },
  { by: 'settle', from: ['sending'], to: 'skipped', events: ['attempt', 'wait', 'handedBack', 'parked'] },

  { by: 'reclaimLost', from: ['sending'], to: 'retrying', events: ['workerLost'] },
  { by: 'reclaimLost', from: ['sending'], to: 'failed', events: ['workerLost'] },
  { by: 'reclaimLost', from: ['sending'], to: 'unknown', events: ['workerLost'] },

  { by: 'postpone', from: ['queued', 'retrying'], to: 'same', events: ['wait', null] },
  { by: 'pauseNotification', from: ['queued', 'retrying'], to: 'same', events: ['paused'] },
  { by: 'resumeNotification', from: ['queued', 'retrying'], to: 'same', events: ['resumed'] },
  { by: 'cancelNotification', from: ['queued', 'retrying', 'parked'], to: 'canceled', events: ['canceled'] },
  { by: 'retryFailed', from: ['failed', 'unknown'], to: 'queued', events: ['retried'] },
  { by: 'expireWaiting', from: ['queued', 'retrying', 'parked'], to: 'expired', events: ['expired'] },
  { by: 'releaseParked', from: ['parked'], to: 'queued', events: ['released'] },
  { by: 'skipWaiting', from: ['queued', 'retrying', 'parked'], to: 'skipped', events: ['skipped'] },
  { by: 'followConnections', from: ['parked'], to: 'queued', events: ['released'] },
  { by: 'followConnections', from: ['queued', 'retrying', 'parked'], to: 'skipped', events: ['skipped'] },

  { by: 'recordSeen', from: ['sent', 'unknown'], to: 'same', events: ['seen'] },

  { by: 'assignJobs', from: ['queued', 'retrying'], to: 'same', events: [null] },
  { by: 'clearJobs', from: ['queued', 'retrying'], to: 'same', events: [null] }
] as const satisfies readonly Transition[]

export type Operation = typeof transitions[number]['by']

/** The states to which a statement leads. */
export type Next<By extends Operation> = Exclude<Extract<typeof transitions[number], { by: By }>['to'], 'same'>
