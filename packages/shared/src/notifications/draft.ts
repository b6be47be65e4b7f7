import type { Message } from '../providers/index.ts'

/** Whom to ring: people by the site's ids, or all who are connected when the notification is accepted. */
export type Audience = { userIds: string[] } | { everyone: true }

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

/** A user of the audience who is not rung: nobody we know, or without a connection that this notification could use. */
export interface Unreachable {
  userId: string
  reason: 'unknownUser' | 'notConnected'
}

/** A broadcast is cut into segments by the worker; the deliveries of named users are made when it is accepted. */
export function isBroadcast (audience: Audience): audience is { everyone: true } {
  return 'everyone' in audience
}
