import type { Desk } from '../kit/simulator.ts'
import { createCodes } from './oauth/codes.ts'
import { createDisposables } from './oauth/disposables.ts'
import { createGrants } from './oauth/grants.ts'
import { createObjectIds } from './store/object-ids.ts'
import { createStreams } from './store/streams.ts'
import { createUsers } from './store/users.ts'

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
