import { createCodeStore } from '../kit/oauth/code-store.ts'
import { createGrantStore } from '../kit/oauth/grant-store.ts'
import type { SandboxServices } from '../kit/simulator.ts'
import { createUserStore } from '../kit/user-store.ts'
import { PROVIDER } from './oauth/client.ts'
import { createDisposables } from './oauth/disposables.ts'
import { randomToken } from './oauth/random-tokens.ts'
import { toSegment } from './store/names.ts'
import { createObjectIds } from './store/object-ids.ts'
import type { User } from './store/objects.ts'
import { createStreams } from './store/streams.ts'

export type World = ReturnType<typeof createWorld>

export const ACCESS_SECONDS = 7200
const REFRESH_SECONDS = 1_209_600
const CODE_LIFETIME_MS = 3_600_000

/** The state of the simulated Blot're. */
export function createWorld ({ clock, inbox, accounts }: Pick<SandboxServices, 'clock' | 'inbox' | 'accounts'>) {
  const ids = createObjectIds(clock)
  const streams = createStreams(clock, ids.next)
  const users = createUserStore<User>({
    provider: PROVIDER,
    accounts,
    createUser: (account) => streams.createUser(account, ids.next()),
    keyOf: toSegment,
    idOf: ({ id }) => id
  })
  const grants = createGrantStore({
    clock, createToken: randomToken, accessSeconds: ACCESS_SECONDS, refreshSeconds: REFRESH_SECONDS, keepsLatestOnly: true
  })
  const codes = createCodeStore({ clock, lifetimeMs: CODE_LIFETIME_MS, createCode: randomToken, keepsLatestOnly: true })
  const disposables = createDisposables(clock, ids.next)

  return {
    clock,
    streams,
    users,
    grants,
    codes,
    disposables,
    inbox,
    state: { users, grants, ...streams.state, ...disposables.state },
    quirks: { deleteTagAdds: true },
    reset () {
      for (const part of [streams, users, grants, codes, disposables]) part.reset()
    }
  }
}
