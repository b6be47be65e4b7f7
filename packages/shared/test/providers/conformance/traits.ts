import type { Message } from '../../../src/providers/message.ts'
import type { Fault, Arrival } from './simulator.ts'

/** What the suite cannot know of a provider by itself. */
export interface Traits {
  /** How the provider says "not before `at`" (milliseconds since the epoch, a whole second). */
  rateLimited: (at: number) => Fault
  /** What must never be read in an error, beside the accounts' tokens. */
  secrets: string[]
  /** One it can carry, by value, where it does not take them all. */
  file?: { name: string, type: string, data: string }
  /** What the provider has no place for: it says so as `rejected`. */
  refuses?: Array<Message['type']>
  /** Where a message replaces the one before, without its texts: what of an arrival is the state it leaves behind. */
  stateOf?: (item: Arrival['item']) => unknown
  /** What a token that is too old comes to: nothing, where it can be exchanged for a younger one only while it works. */
  renewsWhileValid?: boolean
  /** Parameters that it puts into the query of an authorized request. */
  adds?: string[]
}
