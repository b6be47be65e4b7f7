export interface RefreshCount {
  account: string
  refreshes: number
  /** Refused refreshes with a token that is or was the account's. */
  refused: number
}

/** How often each account's tokens were refreshed. */
export interface RefreshCounts {
  countRefresh: (account: string) => void
  countRefused: (account: string) => void
  list: (account?: string) => RefreshCount[]
  reset: () => void
}

export function createRefreshCounts (): RefreshCounts {
  const counts = new Map<string, RefreshCount>()

  function countOf (account: string): RefreshCount {
    const count = counts.get(account) ?? { account, refreshes: 0, refused: 0 }
    counts.set(account, count)
    return count
  }

  return {
    countRefresh: (account) => { countOf(account).refreshes++ },
    countRefused: (account) => { countOf(account).refused++ },

    list (account) {
      const listed = account === undefined ? counts.values() : [counts.get(account) ?? { account, refreshes: 0, refused: 0 }]
      return Array.from(listed, (count) => ({ ...count }))
    },

    reset: () => { counts.clear() }
  }
}
