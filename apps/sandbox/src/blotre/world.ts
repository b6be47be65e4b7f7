import type { Desk } from '../simulator.ts'
import { createCodes } from './codes.ts'
import { createDisposables } from './disposables.ts'
import { createGrants } from './grants.ts'
import { createObjectIds } from './object-ids.ts'
import { createStreams } from './streams.ts'
import { createUsers } from './users.ts'

export type World = ReturnType<typeof createWorld>

/** Everything that Blot're remembers. */
export function createWorld ({ clock, inbox, accounts }: Pick<Desk, 'clock' | 'inbox' | 'accounts'>) {
  const ids = createObjectIds(clock)
  const streams = createStreams(clock, ids.next)
  const users = createUsers(accounts, streams, ids.next)
  const grants = createGrants(clock)
  const codes = createCodes(clock)
  const disposables = createDisposables(clock, ids.next)
  /** Faults of Blot're's own that can be switched off. */
  const quirks = { deleteTagAdds: true }

  return {
    streams,
    users,
    grants,
    codes,
    disposables,
    inbox,
    quirks,
    reset () {
      for (const part of [streams, users, grants, codes, disposables]) part.reset()
      quirks.deleteTagAdds = true
    }
  }
}
