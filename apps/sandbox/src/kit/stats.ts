/** The requests to one endpoint, and its responses. */
export interface EndpointCount {
  provider: string
  /** Method and route pattern, such as `POST /acme/v2/messages`. */
  endpoint: string
  requests: number
  /** Requests that a fault applied to. */
  faults: number
  /** Responses by status. A reset connection has none. */
  answers: Record<string, number>
}

export interface Stats {
  /** The counter of an endpoint, which the caller increments. */
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
      const count = { provider, endpoint, requests: 0, faults: 0, answers: {} }
      counts.set(endpoint, count)
      return count
    },
    list: () => [...counts.values()].filter(({ requests }) => requests > 0),
    reset () {
      // Emptied in place, since routes keep their counters.
      for (const count of counts.values()) Object.assign(count, { requests: 0, faults: 0, answers: {} })
    }
  }
}
