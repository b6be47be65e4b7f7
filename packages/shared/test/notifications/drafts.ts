import { newId } from '../../src/db/index.ts'
import type { Draft } from '../../src/notifications/index.ts'

/** A note to these users, with other fields of a draft. */
export function draftTo (userIds: string[], fields: Partial<Draft> = {}): Draft {
  return { id: newId(), origin: 'api', audience: { userIds }, message: { type: 'note', title: 'Hello', body: 'World' }, ...fields }
}
