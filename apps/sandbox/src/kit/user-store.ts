import type { Accounts } from './accounts.ts'
import { StateMap } from './state/state-part.ts'
import type { StatePart } from './state/state-part.ts'

/** The users of one service, by account name. */
export interface UserStore<User> extends StatePart {
  /** Finds the user, or creates one. */
  open: (account: string) => User
  /** Creates a user with a name that no other user has. With `host`, the name ends in `@HOST`. */
  create: (host?: string) => User
  get: (account: string) => User | undefined
  /** Finds a user by the second key, see `idOf`. */
  byId: (id: string) => User | undefined
  all: () => Iterable<User>
  /** The first users, for a person to choose from. */
  names: (limit: number) => string[]
  count: () => number
  /** Returns false when there is no such user. The account stays known to the sandbox. */
  remove: (account: string) => boolean
  reset: () => void
}

export interface UserStoreOptions<User> {
  provider: string
  accounts: Accounts
  createUser: (account: string) => User
  /** Two names with the same key are the same user. Default: the name itself. */
  keyOf?: (account: string) => string
  /** A second key, such as an id or an e-mail address. */
  idOf?: (user: User) => string
  /** What is saved of a user, for users that are not plain data, or that hold messages. Default: all. */
  toSaved?: (user: User) => unknown
  /** The user of what `toSaved` returned. */
  fromSaved?: (saved: unknown) => User
}

export function createUserStore<User extends { readonly account: string }> (options: UserStoreOptions<User>): UserStore<User> {
  const { provider, accounts, createUser, keyOf = (account) => account, idOf } = options
  const { toSaved = (user) => user, fromSaved = (saved) => saved as User } = options
  const users = new StateMap<string, User>()
  const byId = new Map<string, User>()

  const self: UserStore<User> = {
    open (account) {
      const known = users.get(keyOf(account))
      if (known !== undefined) return known
      return add(keyOf(account), createUser(account))
    },

    create (host) {
      const suffix = host === undefined ? '' : `@${host}`
      let name
      do name = accounts.freshName(provider) + suffix
      while (users.has(keyOf(name)))
      return self.open(name)
    },

    get: (account) => users.get(keyOf(account)),
    byId: (id) => byId.get(id),
    all: () => users.values(),

    names (limit) {
      const names: string[] = []
      for (const { account } of users.values()) if (names.push(account) === limit) break
      return names
    },

    count: () => users.size,

    remove (account) {
      const user = users.get(keyOf(account))
      if (user !== undefined && idOf !== undefined) byId.delete(idOf(user))
      return users.delete(keyOf(account))
    },

    version: () => users.version(),
    save: () => [...users].map(([key, user]) => [key, toSaved(user)]),
    load (saved) { for (const [key, user] of saved as Array<[string, unknown]>) add(key, fromSaved(user)) },

    reset () {
      users.clear()
      byId.clear()
    }
  }
  return self

  function add (key: string, user: User): User {
    users.set(key, user)
    if (idOf !== undefined) byId.set(idOf(user), user)
    accounts.add(provider, user.account)
    return user
  }
}
