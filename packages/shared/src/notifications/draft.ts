import type { AuditRow } from '../audit/index.ts'
import type { Message } from '../providers/index.ts'

/**
 * The recipients: users by the site's ids, all current members of teams, or all users who are connected when the notification
 * is accepted. Members receive it through their own connections.
 */
export type Audience = { userIds: string[] } | { teamIds: string[] } | { everyone: true }

/** Whether to send a delivery with an unknown result again, or leave the decision to the caller. */
export type OnUnknown = 'resend' | 'hold'

/** A notification to create. The caller has validated it. */
export interface Draft {
  id: string
  origin: 'api' | 'welcome'
  audience: Audience
  message: Message
  /** Restricts the notification to these providers. Defaults to all. */
  providers?: string[] | undefined
  /** The site's own data, which the API returns unchanged. */
  data?: unknown
  sendAt?: Date | undefined
  expiresAt?: Date | undefined
  /** The time over which the deliveries are spread. Without it they are sent as fast as possible. */
  spreadSeconds?: number | undefined
  /** How to handle a delivery that may have been sent, where sending it again may show it twice. Defaults to `hold`. */
  onUnknown?: OnUnknown | undefined
  /** The only connection that receives it. All connections of the audience when absent. */
  connectionId?: string | undefined
  /** The API key's id. */
  createdBy?: string | undefined
  /** The version of the API key that was checked. Without it, the key may have changed. */
  keyVersion?: number | undefined
  /** The id of the request that creates it. */
  requestId?: string | undefined
  /** Of the request (W3C Trace Context). The attempts of its deliveries become part of that trace. */
  traceparent?: string | undefined
  /** The entry of the audit trail that is stored with it. */
  audit?: AuditRow | undefined
}

/**
 * A recipient that the notification cannot reach: an unknown user, a user without a suitable connection, or an unknown team.
 */
export type Unreachable = { userId: string, reason: 'unknownUser' | 'notConnected' } | { teamId: string, reason: 'unknownTeam' }

/** The worker divides a broadcast into segments. For named users and teams, accepting creates the deliveries. */
export function isBroadcast (audience: Audience): audience is { everyone: true } {
  return 'everyone' in audience
}
