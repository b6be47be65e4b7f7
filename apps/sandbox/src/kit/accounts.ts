export interface Account {
  provider: string
  account: string
}

/** The people of the simulated services, by provider and name. What a service keeps about them is the simulator's own. */
export interface Accounts {
  has: (provider: string, account: string) => boolean
  add: (provider: string, account: string) => void
  /** A name nobody has yet at this provider. */
  freshName: (provider: string) => string
  /** Those who joined last, in order of joining. */
  latest: (limit: number) => Account[]
  count: () => number
  /** Calls the watcher for everybody who joins from now on, until the function it gives back is called. */
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
