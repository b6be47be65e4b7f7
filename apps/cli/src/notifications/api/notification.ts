/** Notifications as the API returns them; docs/notifications.md describes the fields. */

export const deliveryStates = [
  'queued', 'sending', 'retrying', 'parked', 'sent', 'failed', 'unknown', 'canceled', 'expired', 'skipped'
] as const

export const notificationStatuses = [
  'scheduled', 'accepted', 'planning', 'sending', 'parked', 'paused', 'completed', 'canceled'
] as const

export type DeliveryState = typeof deliveryStates[number]
export type Counts = Record<DeliveryState, number>

export interface ProviderProgress {
  provider: string
  counts: Counts
  perSecond: number
  secondsLeft: number | null
}

export interface Progress {
  status: typeof notificationStatuses[number]
  /** The number of connections, as far as it is known. */
  deliveries: number
  counts: Counts
  progress: ProviderProgress[]
}

export interface Message {
  type: string
  title?: string
  body?: string
  url?: string
  level?: 'info' | 'success' | 'warning' | 'error'
  image?: string
  actions?: MessageAction[]
  urgency?: 'low' | 'normal' | 'high' | 'critical'
  collapseKey?: string
}

/** A button or a link. */
export interface MessageAction {
  title: string
  url: string
}

export interface Notification extends Progress {
  id: string
  origin: string
  createdBy: { keyId: string, name: string } | { userId: string } | null
  audience: { userIds: string[] } | { teamIds: string[] } | { everyone: true }
  audienceCount: number | null
  message: Message
  providers: string[] | null
  /** The first entries. */
  unreachable: Array<{ userId: string, reason: 'unknownUser' | 'notConnected' } | { teamId: string, reason: 'unknownTeam' }>
  unreachableCount: number
  sendAt: string | null
  expiresAt: string | null
  spreadOver: number | null
  createdAt: string
}

export interface Delivery {
  notificationId: string
  connectionId: string
  userId: string
  provider: string
  state: DeliveryState
  attempts: number
  reason: string | null
  dueAt: string | null
  updatedAt: string
}

export interface ExplainedDelivery extends Delivery {
  explanation: string
  history: Array<{
    at: string, event: string, outcome?: string, reason?: string, status?: number, durationMs?: number, until?: string
  }>
}

/** The body of a request for a notification. */
export interface NotificationInput {
  audience: Notification['audience']
  message: Notification['message']
  providers?: string[]
  sendAt?: string
  expiresAt?: string
  /** Seconds. */
  spreadOver?: number
}

/** Deliveries that will change without a user. Parked ones wait for their users to reconnect. */
export function underway ({ queued, sending, retrying }: Counts): number {
  return queued + sending + retrying
}

export function total (counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

/** Whether nothing changes any more without a user or an operator. */
export function isSettled ({ status, deliveries, counts }: Progress): boolean {
  if (status === 'completed' || status === 'parked') return true
  return status === 'canceled' && underway(counts) === 0 && total(counts) >= deliveries
}
