import { parseId } from '@carillon/shared/db'
import { assertNoInputErrors } from '../../problems/problem.ts'

/** The id of an event that the caller names in `path`. Throws Problem `invalidInput` for anything else. */
export function parseEventId (path: string, id: string): string {
  const parsed = parseId('event', id)
  if (parsed === undefined) assertNoInputErrors([{ path, message: 'is not the id of an event (evt_…)' }])
  return parsed ?? ''
}
