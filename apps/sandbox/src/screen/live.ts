import type { Account, Accounts } from '../kit/accounts.ts'
import type { Arrival, Inbox } from '../kit/inbox.ts'
import type { Card, Simulator } from '../kit/simulator.ts'

/** Sends the page the state first, then the changes, and a reset. */
type Send = (event: 'news' | 'reset', news: News) => void

interface News {
  /** The totals, including accounts and arrivals that are not sent. */
  totals: { accounts: number, arrivals: number }
  joined: Account[]
  /** In order of arrival. */
  arrived: Array<Account & { id: string, at: string, card: Card }>
}

export interface Live {
  /** Sends the state, then the changes, until the returned function is called. */
  watch: (send: Send) => () => void
}

const FLUSH_MS = 100
// A benchmark adds thousands in a tenth of a second, and a person sees no more than this.
const MAX_AT_ONCE = 100

export function createLive (inbox: Inbox, accounts: Accounts, simulators: Simulator[]): Live {
  return {
    watch (send) {
      let joined: Account[] = []
      let arrived: Arrival[] = []
      let flushing: NodeJS.Timeout | undefined

      const sendNews = (event: 'news' | 'reset', newAccounts: Account[], arrivals: Arrival[]): void => {
        const totals = { accounts: accounts.count(), arrivals: inbox.size() }
        send(event, { totals, joined: newAccounts, arrived: arrivals.map((arrival) => toArrivalCard(arrival, simulators)) })
      }
      const flush = (): void => {
        flushing = undefined
        sendNews('news', joined, arrived)
        joined = []
        arrived = []
      }
      const keep = <T>(queue: T[], change: T): void => {
        queue.push(change)
        if (queue.length > 2 * MAX_AT_ONCE) queue.splice(0, MAX_AT_ONCE)
        flushing ??= setTimeout(flush, FLUSH_MS).unref()
      }

      const unwatchAccounts = accounts.watch((account) => { keep(joined, account) })
      const unwatchInbox = inbox.watch({
        arrived: (arrival) => { keep(arrived, arrival) },
        reset () {
          joined = []
          arrived = []
          sendNews('reset', [], [])
        }
      })
      sendNews('news', accounts.latest(MAX_AT_ONCE), inbox.latest(2 * MAX_AT_ONCE))

      return () => {
        clearTimeout(flushing)
        unwatchAccounts()
        unwatchInbox()
      }
    }
  }
}

function toArrivalCard ({ id, at, provider, account, item }: Arrival, simulators: Simulator[]): News['arrived'][number] {
  const simulator = simulators.find((each) => each.id === provider)
  return { id, at, provider, account, card: simulator?.toCard(item) ?? { kind: 'item' } }
}
