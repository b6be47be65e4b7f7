import type { RecordedRequest } from '../../kit/http/recorded-request.ts'
import type { Person } from '../people.ts'
import { recordEvent } from '../person-event.ts'
import type { World } from '../world.ts'
import type { Notice } from './notices.ts'

/** Ends the app's access at once, then notifies the app. Resolves with the notices. Never rejects. */
export async function removeApp (
  { inbox, notices, tokens }: World, person: Person, request: RecordedRequest, deletesData = false
): Promise<Notice[]> {
  tokens.end(458, person.account)
  person.permissions.clear()
  recordEvent(inbox, request, person, { type: 'removed' })
  const sent = [await notices.send('deauthorize', person), deletesData ? await notices.send('deletion', person) : undefined]
  return sent.filter((notice) => notice !== undefined)
}

export function hasApp ({ permissions }: Person): boolean {
  return permissions.size > 0
}
