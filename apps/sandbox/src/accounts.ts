/** The people of the simulated services, by provider and name. What a service keeps about them is the simulator's own. */
export interface Accounts {
  has: (provider: string, name: string) => boolean
  add: (provider: string, name: string) => void
  /** A name nobody has yet at this provider. */
  freshName: (provider: string) => string
  names: (provider: string) => IterableIterator<string>
  count: () => number
  onJoin: (listener: (provider: string, name: string) => void) => () => void
  reset: () => void
}

export function createAccounts (): Accounts {
  const byProvider = new Map<string, Set<string>>()
  const listeners = new Set<(provider: string, name: string) => void>()
  let numbered = 0

  const of = (provider: string): Set<string> => {
    const known = byProvider.get(provider) ?? new Set<string>()
    byProvider.set(provider, known)
    return known
  }

  return {
    has: (provider, name) => of(provider).has(name),

    add (provider, name) {
      of(provider).add(name)
      for (const listener of listeners) listener(provider, name)
    },

    freshName (provider) {
      let name
      do name = `user-${++numbered}`
      while (of(provider).has(name))
      return name
    },

    names: (provider) => of(provider).values(),

    count: () => [...byProvider.values()].reduce((sum, names) => sum + names.size, 0),

    onJoin (listener) {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },

    reset () {
      byProvider.clear()
      numbered = 0
    }
  }
}
