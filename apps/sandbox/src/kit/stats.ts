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

/** The requests of one provider with one User-Agent. It is empty for requests without one. */
interface UserAgentCount {
  provider: string
  userAgent: string
  requests: number
}

export interface Stats {
  /** The counter of an endpoint, which the caller increments. */
  of: (provider: string, endpoint: string) => EndpointCount
  list: () => EndpointCount[]
  countUserAgent: (provider: string, userAgent: string | undefined) => void
  userAgents: () => UserAgentCount[]
  reset: () => void
}

export function createStats (): Stats {
  const counts = new Map<string, EndpointCount>()
  const userAgents = new Map<string, UserAgentCount>()
  return {
    of (provider, endpoint) {
      const known = counts.get(endpoint)
      if (known !== undefined) return known
      const count = { provider, endpoint, requests: 0, faults: 0, answers: {} }
      counts.set(endpoint, count)
      return count
    },
    list: () => [...counts.values()].filter(({ requests }) => requests > 0),
    countUserAgent (provider, userAgent = '') {
      const key = `${provider} ${userAgent}`
      const count = userAgents.get(key)
      if (count === undefined) userAgents.set(key, { provider, userAgent, requests: 1 })
      else count.requests++
    },
    userAgents: () => [...userAgents.values()],
    reset () {
      userAgents.clear()
      // Emptied in place, since routes keep their counters.
      for (const count of counts.values()) Object.assign(count, { requests: 0, faults: 0, answers: {} })
    }
  }
}
