import type { Message } from '../providers/index.ts'

/**
 * Whom to ring: people by the site's ids, all who are in one of these teams at that moment, or all who are connected when the
 * notification is accepted. Members are rung through their own connections.
 */
export type Audience = { userIds: string[] } | { teamIds: string[] } | { everyone: true }

/** Sent again, or left to somebody who can tell. */
export type OnUnknown = 'resend' | 'hold'

/** A notification as it is asked for. Whoever makes one has checked it. */
export interface Draft {
  id: string
  origin: 'api' | 'welcome'
  audience: Audience
  message: Message
  /** Only connections of these; absent is all. */
  providers?: string[] | undefined
  /** The site's own facts, kept and given back untouched. */
  data?: unknown
  sendAt?: Date | undefined
  expiresAt?: Date | undefined
  /** Over how long its deliveries are spread; absent is as fast as they go. */
  spreadSeconds?: number | undefined
  /** What becomes of a delivery that may have been sent already, where sending it again may show it twice; absent is `hold`. */
  onUnknown?: OnUnknown | undefined
  /** The API key's id. */
  createdBy?: string | undefined
}

/** Who of the audience is not rung: nobody we know, a user without a connection that this notification could use, or no team. */
export type Unreachable = { userId: string, reason: 'unknownUser' | 'notConnected' } | { teamId: string, reason: 'unknownTeam' }

/** A broadcast is cut into segments by the worker; the deliveries of named users and teams are made when it is accepted. */
export function isBroadcast (audience: Audience): audience is { everyone: true } {
  return 'everyone' in audience
}
