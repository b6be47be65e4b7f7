import { setMaxListeners } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'

/** A fault that a test requests. docs/sandbox.md explains the members. */
export interface FaultRule {
  provider: string
  /** Part of `METHOD /path`, with or without the provider's prefix. Default: every request. */
  match?: string
  /** The name of one of the service's own errors. */
  fault?: string
  status?: number
  /** Added to the response; `null` removes a header. */
  headers?: Record<string, string | number | null>
  /** A string is sent as it is, anything else as JSON. */
  body?: unknown
  /** Changes the service's response, as an intermediary does. The request takes effect. */
  rewrite?: Rewrite
  delayMs?: number
  reset?: 'before' | 'after'
  /** 0 to 1. */
  probability?: number
  times?: number
}

export interface Rewrite {
  status?: number
  /** Replaces members of a JSON response. */
  members?: Record<string, unknown>
  /** Removes members of a JSON response. */
  without?: string[]
  /** Sends a JSON response as a form. */
  asForm?: boolean
  /** Adds a byte order mark. */
  bom?: boolean
  encoding?: 'gzip' | 'deflate' | 'br'
}

export interface Fault extends FaultRule {
  id: string
  /** How often it has applied. */
  struck: number
}

export interface Faults {
  add: (rule: FaultRule) => Fault
  list: () => Fault[]
  any: () => boolean
  /** Finds the oldest fault that applies to this request, and counts it. */
  take: (provider: string, method: string, path: string) => Fault | undefined
  /** Waits for the fault's delay, or until the fault is removed. */
  delay: (fault: Fault) => Promise<void>
  /** Removes the faults of one provider or of all, and releases delayed responses. Returns the number of faults. */
  clear: (provider?: string) => number
}

export function createFaults (random: () => number = Math.random): Faults {
  /** In order of creation, each with the signal that ends its delays. */
  const faults = new Map<Fault, AbortController>()
  let created = 0

  return {
    add (rule) {
      const fault = { id: String(++created), ...rule, struck: 0 }
      const removal = new AbortController()
      // Every delayed response listens to the signal.
      setMaxListeners(0, removal.signal)
      faults.set(fault, removal)
      return fault
    },

    list: () => Array.from(faults.keys(), (fault) => ({ ...fault })),

    any: () => faults.size > 0,

    take (provider, method, path) {
      if (faults.size === 0) return undefined
      const applies = (each: Fault): boolean => {
        return matches(each, provider, method, path) && hasTimesLeft(each) && random() < (each.probability ?? 1)
      }
      const fault = [...faults.keys()].find(applies)
      if (fault !== undefined) fault.struck++
      return fault
    },

    async delay (fault) {
      const { delayMs = 0 } = fault
      const signal = faults.get(fault)?.signal
      if (delayMs === 0 || signal === undefined) return
      await wait(delayMs, undefined, { signal, ref: false }).catch(() => {})
    },

    clear (provider) {
      const removed = [...faults].filter(([fault]) => provider === undefined || fault.provider === provider)
      for (const [fault, removal] of removed) {
        faults.delete(fault)
        removal.abort()
      }
      return removed.length
    }
  }
}

function matches ({ provider: own, match }: Fault, provider: string, method: string, path: string): boolean {
  if (own !== provider) return false
  if (match === undefined) return true
  if (`${method} ${path}`.includes(match)) return true
  const prefix = `/${provider}/`
  return path.startsWith(prefix) && `${method} ${path.slice(prefix.length - 1)}`.includes(match)
}

function hasTimesLeft ({ times, struck }: Fault): boolean {
  return times === undefined || struck < times
}
