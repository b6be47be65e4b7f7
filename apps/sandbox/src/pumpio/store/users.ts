import type { Accounts } from '../../kit/accounts.ts'
import type { Clock } from '../../kit/clock.ts'
import type { User } from './model.ts'
import { stamp } from './stamp.ts'

export const PROVIDER = 'pumpio'

/** Everybody's. pump.io wants eight characters that are neither all letters nor all digits. */
export const PASSWORD = 'sandbox-secret'

export interface Users {
  /** The user of this name, made when it is new; undefined when it is no name. */
  open: (nickname: string) => User | undefined
  /** A new user of a name that the sandbox chooses. */
  fresh: () => User
  get: (nickname: string) => User | undefined
  /** As an administrator does: tokens and what was posted stay behind. False when there is no such user. */
  remove: (nickname: string) => boolean
  names: (limit: number) => string[]
  reset: () => void
}

const NICKNAME = /^[a-zA-Z0-9\-_.]{1,64}$/
// Profiles are pages at the root.
const TAKEN = new Set(['api', 'main', 'oauth', 'oauth2', 'uploads', 'shared', 'javascript', 'images', 'stylesheets', 'template', '.well-known', 'try'])

/** `hostOf` gives HOST:PORT of this server, which is known once it listens. */
export function createUsers (clock: Clock, accounts: Accounts, hostOf: () => string): Users {
  const users = new Map<string, User>()

  const create = (nickname: string): User => {
    const account = `${nickname}@${hostOf()}`
    const boxes = { inbox: [], outbox: [], followers: [], following: [], favorites: [], uploads: [] }
    const user = { nickname, account, published: stamp(clock), ...boxes }
    users.set(nickname, user)
    accounts.add(PROVIDER, account)
    return user
  }

  return {
    open: (nickname) => users.get(nickname) ?? (isNickname(nickname) ? create(nickname) : undefined),

    fresh () {
      let name = accounts.freshName(PROVIDER)
      while (users.has(name)) name = accounts.freshName(PROVIDER)
      return create(name)
    },

    get: (nickname) => users.get(nickname),

    remove: (nickname) => users.delete(nickname),

    names (limit) {
      const names: string[] = []
      for (const name of users.keys()) if (names.push(name) === limit) break
      return names
    },

    reset: () => { users.clear() }
  }
}

export function isNickname (nickname: string): boolean {
  return NICKNAME.test(nickname) && !TAKEN.has(nickname)
}

/** The name in `alice`, `alice@host` and `acct:alice@host`. */
export function nicknameIn (account: string): string {
  return account.replace(/^acct:/, '').replace(/@.*$/s, '')
}
