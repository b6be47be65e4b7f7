import type { Clock } from '../kit/clock.ts'
import { createRateLimiter } from '../kit/rate-limiter.ts'
import type { RateLimit, RefusalCounts } from '../kit/rate-limiter.ts'
import { stateValue } from '../kit/state/state-part.ts'
import type { StatePart } from '../kit/state/state-part.ts'

/** A reply that refuses a recipient or a message. */
export interface Refusal {
  code: number
  text: string
}

/** What the local part of an address makes the server do. Any other address accepts everything. */
export interface Behaviors {
  /** The reply to `RCPT TO`. Undefined when the recipient is accepted. */
  refuseRecipient: (address: string) => Refusal | undefined
  /** The reply to the message. Undefined when it is accepted. */
  refuseMessage: (address: string) => Refusal | undefined
  /** The connection ends after the message, without a reply. */
  drops: (address: string) => boolean
  /** Makes the addresses unknown, as if their mailboxes were deleted. */
  remove: (address: string) => void
  /** Limits the recipients of each domain. Undefined: no limit. */
  limitDomains: (limit: RateLimit | undefined) => void
  refusals: () => RefusalCounts
  state: Record<string, StatePart>
  reset: () => void
}

const GREYLIST_MS = 60_000

export function createBehaviors (clock: Clock): Behaviors {
  /** When a greylisted address was tried first. */
  const tried = new Map<string, number>()
  const removed = new Set<string>()
  const rateLimiter = createRateLimiter(clock)
  let domainLimit: RateLimit | undefined

  return {
    refuseRecipient (address) {
      if (removed.has(address)) return unknownUser(address)
      switch (localPart(address)) {
        case 'nouser': return unknownUser(address)
        case 'full': return { code: 452, text: `4.2.2 <${address}>: Mailbox full` }
        case '421': return { code: 421, text: '4.7.0 Too many connections, try again later' }
        case 'grey': return greylist(address)
        default: return limit(address)
      }
    },
    refuseMessage: (address) => localPart(address) === 'spam'
      ? { code: 550, text: '5.7.1 Message rejected: our policy takes it for spam' }
      : undefined,
    drops: (address) => localPart(address) === 'drop',
    remove: (address) => { removed.add(address) },

    limitDomains (limit) {
      domainLimit = limit
      rateLimiter.reset()
    },

    refusals: () => rateLimiter.counts(),
    state: { removed: stateValue(() => removed, (saved) => { for (const address of saved) removed.add(address) }) },

    reset () {
      domainLimit = undefined
      rateLimiter.reset()
      tried.clear()
      removed.clear()
    }
  }

  function limit (address: string): Refusal | undefined {
    const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase()
    const waitSeconds = domainLimit === undefined ? undefined : rateLimiter.take(domain, domainLimit)
    return waitSeconds === undefined ? undefined : { code: 450, text: `4.2.1 Too many messages to ${domain}, try again in ${waitSeconds} seconds` }
  }

  function greylist (address: string): Refusal | undefined {
    const first = tried.get(address) ?? clock.nowMs()
    tried.set(address, first)
    return clock.nowMs() - first < GREYLIST_MS ? { code: 451, text: `4.7.1 <${address}>: Greylisted, try again in a minute` } : undefined
  }
}

function unknownUser (address: string): Refusal {
  return { code: 550, text: `5.1.1 <${address}>: Recipient address rejected: User unknown` }
}

/** `nouser+2@example.com` behaves like `nouser@example.com`. */
function localPart (address: string): string {
  return address.toLowerCase().replace(/[+@].*$/, '')
}
