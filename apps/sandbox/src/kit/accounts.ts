export interface Account {
  provider: string
  account: string
}

/** The accounts of all simulated services. Each simulator stores what belongs to them. */
export interface Accounts {
  has: (provider: string, account: string) => boolean
  add: (provider: string, account: string) => void
  /** A name that no account of this provider has. */
  freshName: (provider: string) => string
  /** The newest accounts, oldest first. */
  latest: (limit: number) => Account[]
  count: () => number
  /** Calls the watcher for every new account, until the returned function is called. */
  watch: (joined: (account: Account) => void) => () => void
  reset: () => void
}

export function createAccounts (): Accounts {
  const accounts = new Map<string, Account>()
  const watchers = new Set<(account: Account) => void>()
  let numbered = 0

  return {
    has: (provider, account) => accounts.has(`${provider} ${account}`),

    add (provider, account) {
      const joined = { provider, account }
      accounts.set(`${provider} ${account}`, joined)
      for (const watcher of watchers) watcher(joined)
    },

    freshName (provider) {
      let name
      do name = `user-${++numbered}`
      while (accounts.has(`${provider} ${name}`))
      return name
    },

    latest: (limit) => [...accounts.values()].slice(-limit),

    count: () => accounts.size,

    watch (watcher) {
      watchers.add(watcher)
      return () => { watchers.delete(watcher) }
    },

    reset () {
      accounts.clear()
      numbered = 0
    }
  }
}
