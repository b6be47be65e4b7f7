import type { Account, Accounts } from '../kit/accounts.ts'
import type { Arrival, Inbox } from '../kit/inbox.ts'
import type { Card, Simulator } from '../kit/simulator.ts'

/** What the page is told: everything it needs at first, then what changed, then perhaps that all is gone. */
type Send = (event: 'news' | 'reset', news: News) => void

interface News {
  /** How many there are by now, whether or not they are among those sent along. */
  totals: { accounts: number, arrivals: number }
  joined: Account[]
  /** In order of arrival. */
  arrived: Array<Account & { id: string, at: string, card: Card }>
}

export interface Live {
  /** Tells the state, then the changes, until the function it gives back is called. */
  watch: (send: Send) => () => void
}

const FLUSH_MS = 100
// A person sees no more than this, and a benchmark brings thousands in a tenth of a second.
const MOST_AT_ONCE = 100

export function createLive (inbox: Inbox, accounts: Accounts, simulators: Simulator[]): Live {
  return {
    watch (send) {
      let joined: Account[] = []
      let arrived: Arrival[] = []
      let flushing: NodeJS.Timeout | undefined

      const tell = (event: 'news' | 'reset', newcomers: Account[], arrivals: Arrival[]): void => {
        const totals = { accounts: accounts.count(), arrivals: inbox.size() }
        send(event, { totals, joined: newcomers, arrived: arrivals.map((arrival) => onScreen(arrival, simulators)) })
      }
      const flush = (): void => {
        flushing = undefined
        tell('news', joined, arrived)
        joined = []
        arrived = []
      }
      const keep = <T>(queue: T[], change: T): void => {
        queue.push(change)
        if (queue.length > 2 * MOST_AT_ONCE) queue.splice(0, MOST_AT_ONCE)
        flushing ??= setTimeout(flush, FLUSH_MS).unref()
      }

      const leaveAccounts = accounts.watch((account) => { keep(joined, account) })
      const leaveInbox = inbox.watch({
        arrived: (arrival) => { keep(arrived, arrival) },
        reset () {
          joined = []
          arrived = []
          tell('reset', [], [])
        }
      })
      tell('news', accounts.latest(MOST_AT_ONCE), inbox.latest(2 * MOST_AT_ONCE))

      return () => {
        clearTimeout(flushing)
        leaveAccounts()
        leaveInbox()
      }
    }
  }
}

function onScreen ({ id, at, provider, account, item }: Arrival, simulators: Simulator[]): News['arrived'][number] {
  const simulator = simulators.find((each) => each.id === provider)
  return { id, at, provider, account, card: simulator?.show(item) ?? { kind: 'item' } }
}
