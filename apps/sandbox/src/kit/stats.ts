/** How often one endpoint was asked, and what it answered. */
export interface EndpointCount {
  provider: string
  /** Method and route pattern, such as `POST /acme/v2/messages`. */
  endpoint: string
  requests: number
  /** Requests that a fault struck. */
  faults: number
  /** Answers by status; a connection that was reset got none. */
  answers: Record<string, number>
}

export interface Stats {
  /** The counter of an endpoint, to keep and count up. */
  of: (provider: string, endpoint: string) => EndpointCount
  list: () => EndpointCount[]
  reset: () => void
}

export function createStats (): Stats {
  const counts = new Map<string, EndpointCount>()
  return {
    of (provider, endpoint) {
      const known = counts.get(endpoint)
      if (known !== undefined) return known
      const fresh = { provider, endpoint, requests: 0, faults: 0, answers: {} }
      counts.set(endpoint, fresh)
      return fresh
    },
    list: () => [...counts.values()].filter(({ requests }) => requests > 0),
    reset () {
      // Emptied in place: routes hold on to their counters.
      for (const count of counts.values()) Object.assign(count, { requests: 0, faults: 0, answers: {} })
    }
  }
}
