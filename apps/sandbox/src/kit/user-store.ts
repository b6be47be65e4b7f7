import type { Accounts } from './accounts.ts'

/** The users of one service, by account name. */
export interface UserStore<User> {
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
}

export function createUserStore<User extends { readonly account: string }> (
  { provider, accounts, createUser, keyOf = (account) => account, idOf }: UserStoreOptions<User>
): UserStore<User> {
  const users = new Map<string, User>()
  const byId = new Map<string, User>()

  const self: UserStore<User> = {
    open (account) {
      const known = users.get(keyOf(account))
      if (known !== undefined) return known
      const user = createUser(account)
      users.set(keyOf(account), user)
      if (idOf !== undefined) byId.set(idOf(user), user)
      accounts.add(provider, user.account)
      return user
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

    reset () {
      users.clear()
      byId.clear()
    }
  }
  return self
}
