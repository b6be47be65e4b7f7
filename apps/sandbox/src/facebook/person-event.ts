import type { Inbox } from '../kit/inbox.ts'
import type { RecordedRequest } from '../kit/http/recorded-request.ts'
import type { Card } from '../kit/simulator.ts'
import { CLIENT, PROVIDER } from './oauth/client.ts'
import type { Person } from './people.ts'

/** What the inbox holds, since nothing is ever sent here: what the app has read, and how it was let in and removed. */
export type Event =
  | { type: 'insights', adAccount: string, since: string, until: string, rows: number }
  | { type: 'granted', permissions: string[] }
  | { type: 'removed' }

export function report (inbox: Inbox, request: RecordedRequest, person: Person, event: Event): void {
  // A body may hold a token, and says nothing that the event does not say.
  inbox.add(PROVIDER, person.account, { ...request, body: undefined }, event)
}

export function showEvent (event: Event): Card {
  switch (event.type) {
    case 'insights': return { kind: 'insights', title: event.adAccount, body: `${event.since} to ${event.until}, rows: ${event.rows}` }
    case 'granted': return { kind: 'granted', title: CLIENT.name, body: event.permissions.join(', ') }
    case 'removed': return { kind: 'removed', title: CLIENT.name }
  }
}
