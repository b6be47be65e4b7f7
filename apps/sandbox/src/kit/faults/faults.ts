import { setMaxListeners } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'

/** What a test asks to go wrong. Everything but `provider` is optional; what a member means is told in docs/sandbox.md. */
export interface FaultRule {
  provider: string
  /** Part of `METHOD /path`; the path may be written with or without the provider's prefix. Absent: every request. */
  match?: string
  /** One of the service's own faults, by its name. */
  fault?: string
  status?: number
  /** Added to the answer; `null` takes a header away. */
  headers?: Record<string, string | number | null>
  /** A string is sent as it is, anything else as JSON. */
  body?: unknown
  /** Changes the service's own answer on its way, as an intermediary or an odd server does: what it did stays done. */
  rewrite?: Rewrite
  delayMs?: number
  reset?: 'before' | 'after'
  /** 0 to 1. */
  probability?: number
  times?: number
}

export interface Rewrite {
  status?: number
  /** Put into a JSON answer in place of its own members; `null` stays `null`. */
  members?: Record<string, unknown>
  /** Members that a JSON answer lacks. */
  without?: string[]
  /** A JSON answer is sent as a form. */
  asForm?: boolean
  /** A byte order mark comes first. */
  bom?: boolean
  encoding?: 'gzip' | 'deflate' | 'br'
}

export interface Fault extends FaultRule {
  id: string
  /** How often it has struck. */
  struck: number
}

export interface Faults {
  add: (rule: FaultRule) => Fault
  list: () => Fault[]
  any: () => boolean
  /** The first fault, in order of creation, that strikes this request. It counts as struck. */
  strike: (provider: string, method: string, path: string) => Fault | undefined
  /** Waits while the fault holds an answer back: as long as it says, unless it is taken away before. */
  holdBack: (fault: Fault) => Promise<void>
  /** Takes all faults away, or those of one provider, and lets go of what they hold back; says how many. */
  clear: (provider?: string) => number
}

export function createFaults (random: () => number = Math.random): Faults {
  /** In order of creation, each with what ends its waits. */
  const faults = new Map<Fault, AbortController>()
  let created = 0

  return {
    add (rule) {
      const fault = { id: String(++created), ...rule, struck: 0 }
      const waits = new AbortController()
      // One may hold back as many answers as there are requests.
      setMaxListeners(0, waits.signal)
      faults.set(fault, waits)
      return fault
    },

    list: () => Array.from(faults.keys(), (fault) => ({ ...fault })),

    any: () => faults.size > 0,

    strike (provider, method, path) {
      if (faults.size === 0) return undefined
      const strikes = (each: Fault): boolean => {
        return concerns(each, provider, method, path) && isLeft(each) && random() < (each.probability ?? 1)
      }
      const fault = [...faults.keys()].find(strikes)
      if (fault !== undefined) fault.struck++
      return fault
    },

    async holdBack (fault) {
      const { delayMs = 0 } = fault
      const signal = faults.get(fault)?.signal
      if (delayMs === 0 || signal === undefined) return
      await wait(delayMs, undefined, { signal, ref: false }).catch(() => {})
    },

    clear (provider) {
      const ended = [...faults].filter(([fault]) => provider === undefined || fault.provider === provider)
      for (const [fault, waits] of ended) {
        faults.delete(fault)
        waits.abort()
      }
      return ended.length
    }
  }
}

function concerns ({ provider: own, match }: Fault, provider: string, method: string, path: string): boolean {
  if (own !== provider) return false
  if (match === undefined) return true
  if (`${method} ${path}`.includes(match)) return true
  const prefix = `/${provider}/`
  return path.startsWith(prefix) && `${method} ${path.slice(prefix.length - 1)}`.includes(match)
}

function isLeft ({ times, struck }: Fault): boolean {
  return times === undefined || struck < times
}
