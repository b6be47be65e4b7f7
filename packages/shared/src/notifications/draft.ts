import type { Message } from '../providers/index.ts'

/** The site's ids of the people to ring. */
export interface Audience {
  userIds: string[]
}

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
  /** The API key's id. */
  createdBy?: string | undefined
}

/** A user of the audience who is not rung: nobody we know, or without a connection that this notification could use. */
export interface Unreachable {
  userId: string
  reason: 'unknownUser' | 'notConnected'
}

/** One delivery, by its key: a notification's UUID and a connection's. */
export type DeliveryKey = [notificationId: string, connectionId: string]

/** What a deliver job carries. */
export interface DeliverJob {
  deliveries: DeliveryKey[]
}
