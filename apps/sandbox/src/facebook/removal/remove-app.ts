import type { RecordedRequest } from '../../kit/http/recorded-request.ts'
import type { Notice } from './notices.ts'
import type { Person } from '../people.ts'
import { report } from '../person-event.ts'
import type { World } from '../world.ts'

/**
 * Ends all that the app was given, at once, and then tells it so. Resolves with what it was told, once it has answered; never
 * rejects.
 */
export async function removeApp (
  { inbox, notices, tokens }: World, person: Person, request: RecordedRequest, deletesData = false
): Promise<Notice[]> {
  tokens.end(458, person)
  person.permissions.clear()
  report(inbox, request, person, { type: 'removed' })
  const told = [await notices.tell('deauthorize', person), deletesData ? await notices.tell('deletion', person) : undefined]
  return told.filter((notice) => notice !== undefined)
}

export function hasApp ({ permissions }: Person): boolean {
  return permissions.size > 0
}
