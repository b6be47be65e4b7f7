import type { ExplainedDelivery } from '../deliveries/index.ts'
import type { Message } from '../providers/index.ts'

/** What is known about one user and one notification. */
export interface Recipient {
  /** The site's id of the user. */
  userId: string
  isKnown: boolean
  notification: RecipientNotification
  /** Why the user could not be reached when the notification was accepted. */
  unreachable: 'unknownUser' | 'notConnected' | null
  /** The user's own connections, oldest first. Those that ended too. */
  connections: RecipientConnection[]
}

export interface RecipientNotification {
  id: string
  message: Message
  audience: 'users' | 'teams' | 'everyone'
  /** The number of users or teams in the audience. Null for everyone. */
  audienceCount: number | null
  /** Whether the audience names the user, or a team that the user is in now. */
  isAddressed: boolean
  providers: string[] | null
  createdAt: Date
  /** Set while this time is in the future. */
  sendAt: Date | null
  isPlanned: boolean
  pausedAt: Date | null
  canceledAt: Date | null
}

export interface RecipientConnection {
  id: string
  provider: string
  account: { id: string, name: string }
  status: 'active' | 'needsReauth' | 'revoked'
  statusReason: string | null
  muted: 'muted' | 'unsubscribed' | null
  connectedAt: Date
  disconnectedAt: Date | null
  /** When the provider stopped accepting the credentials. Null while it accepts them. */
  needsReauthAt: Date | null
  limitedUntil: Date | null
  /** Deliveries that wait for the user to reconnect. */
  parked: number
  /** Why no request may go to the provider, or to the host of the account. */
  block: HostBlock | null
  delivery: ExplainedDelivery | null
  /** Its place in a broadcast that has not reached it. */
  turn: Turn | null
}

export interface HostBlock {
  kind: 'misconfigured' | 'breakerOpen' | 'rateLimited'
  /** The provider's reason for `misconfigured` and `breakerOpen`. */
  reason: string | null
  since: Date | null
  /** When requests may go, or when a single one tests the host. */
  until: Date | null
}

/** `planning`: the broadcast is being divided. `segment`: the connection is in a part that is due at `dueAt`. */
export type Turn = { kind: 'planning' } | { kind: 'segment', dueAt: Date }
