import type { RecipientConnection } from '@carillon/shared/recipients'

/** Whether the message reached a user: `yes` when a provider accepted it, `unknown` when that is not known. */
export type Received = 'yes' | 'notYet' | 'unknown' | 'no'

/** An explanation in complete sentences, and what a person has to do now, if anything. */
export interface Explanation {
  explanation: string
  nextStep: string | null
}

/** Why a user did or did not get a notification. */
export interface RecipientExplanation extends Explanation {
  received: Received
  connections: ConnectionExplanation[]
}

export interface ConnectionExplanation extends Explanation {
  connection: RecipientConnection
}

/** What explanations need to know about the deployment. */
export interface ExplainContext {
  /** The display name of a provider. */
  nameOf: (provider: string) => string
  /** Whether this deployment sends through the provider. */
  isOffered: (provider: string) => boolean
  /** Milliseconds since the epoch. */
  now: () => number
}

/** How a site brings a user to the connect page. */
export const connectLink = '`POST /v1/user-tokens` returns the page for it as `connectUrl`.'
