import type { Clock } from '../../kit/clock.ts'
import type { SandboxServices } from '../../kit/simulator.ts'
import { createUserStore } from '../../kit/user-store.ts'
import type { UserStore } from '../../kit/user-store.ts'
import type { User } from './model.ts'

export const PROVIDER = 'pumpio'

/** Every user's password. pump.io requires eight characters that are not only letters or only digits. */
export const PASSWORD = 'sandbox-secret'

const NICKNAME = /^[a-zA-Z0-9\-_.]{1,64}$/
// Profiles are pages at the root.
const RESERVED = new Set(['api', 'main', 'oauth', 'oauth2', 'uploads', 'shared', 'javascript', 'images', 'stylesheets', 'template', '.well-known', 'try'])

export interface Users extends UserStore<User> {
  /** Undefined when the name is invalid and no user has it. */
  openNamed: (nickname: string) => User | undefined
}

/** The users of this host, by nickname. */
export function createUsers ({ clock, accounts, hostOf }: SandboxServices): Users {
  const users = createUserStore<User>({
    provider: PROVIDER,
    accounts,
    createUser: (nickname) => ({
      nickname,
      account: `${nickname}@${hostOf(PROVIDER)}`,
      published: stamp(clock),
      inbox: [],
      outbox: [],
      followers: [],
      following: [],
      favorites: [],
      uploads: []
    }),
    // Activities are messages.
    toSaved: (user) => ({ ...user, inbox: [], outbox: [], followers: [], following: [], favorites: [], uploads: [] })
  })
  return {
    ...users,
    openNamed: (nickname) => users.get(nickname) ?? (isNickname(nickname) ? users.open(nickname) : undefined)
  }
}

export function isNickname (nickname: string): boolean {
  return NICKNAME.test(nickname) && !RESERVED.has(nickname)
}

/** The name in `alice`, `alice@host` and `acct:alice@host`. */
export function nicknameIn (account: string): string {
  return account.replace(/^acct:/, '').replace(/@.*$/s, '')
}

/** The current time in pump.io's format, without fractions. */
export function stamp (clock: Clock): string {
  return new Date(clock.nowMs()).toISOString().replace(/\.\d+Z$/, 'Z')
}
