import type { RecordedRequest } from '../kit/http/recorded-request.ts'
import type { Inbox } from '../kit/inbox.ts'
import type { Card } from '../kit/simulator.ts'
import { CLIENT, PROVIDER } from './oauth/client.ts'
import type { Person } from './people.ts'

/** An item of the inbox. Apps send nothing here, so it shows what the app read, and when a person allowed or removed it. */
export type PersonEvent =
  | { type: 'insights', adAccount: string, since: string, until: string, rows: number }
  | { type: 'granted', permissions: string[] }
  | { type: 'removed' }

export function recordEvent (inbox: Inbox, request: RecordedRequest, person: Person, event: PersonEvent): void {
  // The body may contain a token.
  inbox.add(PROVIDER, person.account, { ...request, body: undefined }, event)
}

export function toCard (event: PersonEvent): Card {
  switch (event.type) {
    case 'insights': return { kind: 'insights', title: event.adAccount, body: `${event.since} to ${event.until}, rows: ${event.rows}` }
    case 'granted': return { kind: 'granted', title: CLIENT.name, body: event.permissions.join(', ') }
    case 'removed': return { kind: 'removed', title: CLIENT.name }
  }
}
