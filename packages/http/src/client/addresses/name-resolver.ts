import { lookup } from 'node:dns/promises'
import type { LookupAddress } from 'node:dns'
import { createAddressCache } from './address-cache.ts'
import { createHostsFile } from './hosts-file.ts'
import type { HostsFile } from './hosts-file.ts'
import { createLookupSlots } from './lookup-slots.ts'
import type { SlotLimits } from './lookup-slots.ts'
import { NameError } from './name-error.ts'
import type { ResolvedAddresses } from './query-addresses.ts'
import { queryAddresses } from './query-addresses.ts'

export interface NameResolverOptions {
  /** For one lookup, including the wait for a slot. */
  timeoutMs: number
  /** `address` or `address:port` of the name servers. Default: the system's name servers. */
  servers?: readonly string[] | undefined
  limits?: SlotLimits
  hostsFile?: HostsFile
  /** Monotonic, in milliseconds. */
  clock?: () => number
}

/** Resolves host names. Both lookups throw NameError. */
export interface NameResolver {
  /**
   * For untrusted names: reads the hosts file, then queries DNS through c-ares. It uses no libuv threads, so slow names delay
   * nothing else. Search domains do not apply. Addresses are cached for their TTL. The caller must check them each time.
   */
  resolve: (hostname: string) => Promise<LookupAddress[]>
  /** For names that the operator chose: uses the system's resolver, like other programs on the machine. */
  resolveTrusted: (hostname: string) => Promise<LookupAddress[]>
  /**
   * Registers a request that needs `hostname`. A lookup is canceled when no request needs it. Call the returned function once.
   */
  need: (hostname: string) => () => void
}

const defaultLimits: SlotLimits = { total: 128, perGroup: 8 }

export function createNameResolver (
  options: NameResolverOptions
): NameResolver {
  const { timeoutMs, servers, limits = defaultLimits, hostsFile = createHostsFile(), clock = () => performance.now() } = options
  const runInSlot = createLookupSlots(limits)
  const needed = new Map<string, number>()
  const running = new Map<string, AbortController>()
  const cache = createAddressCache(clock)
  const resolveByDns = shareLookups(async (hostname) => {
    const { addresses, ttlMs } = await query(hostname)
    cache.keep(hostname, addresses, ttlMs)
    return addresses
  })
  const resolveTrusted = shareLookups(async (hostname) => {
    return await lookup(hostname, { all: true }).catch((error: unknown) => { throw NameError.of(error) })
  })
  return { resolve, resolveTrusted, need }

  async function resolve (hostname: string): Promise<LookupAddress[]> {
    const known = isLocalhost(hostname) ? loopback : hostsFile(hostname)
    return known.length > 0 ? known : cache.find(hostname) ?? await resolveByDns(hostname)
  }

  async function query (hostname: string): Promise<ResolvedAddresses> {
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(new NameError('LOOKUP_TIMEOUT')), timeoutMs)
    running.set(hostname, controller)
    try {
      return await runInSlot(groupOf(hostname), controller.signal, () => queryAddresses(hostname, servers, controller.signal))
    } finally {
      clearTimeout(timer)
      running.delete(hostname)
    }
  }

  function need (hostname: string): () => void {
    needed.set(hostname, (needed.get(hostname) ?? 0) + 1)
    return () => {
      const left = (needed.get(hostname) ?? 1) - 1
      if (left > 0) {
        needed.set(hostname, left)
        return
      }
      needed.delete(hostname)
      running.get(hostname)?.abort(new NameError('LOOKUP_CANCELED'))
    }
  }
}

/** Concurrent connections to one name share one lookup. */
function shareLookups (look: (hostname: string) => Promise<LookupAddress[]>): (hostname: string) => Promise<LookupAddress[]> {
  const running = new Map<string, Promise<LookupAddress[]>>()
  return (hostname) => {
    const shared = running.get(hostname) ?? look(hostname).finally(() => running.delete(hostname))
    running.set(hostname, shared)
    return shared
  }
}

/** RFC 6761 §6.3: these names must resolve to the loopback address without a DNS query. */
function isLocalhost (hostname: string): boolean {
  return /^(.+\.)?localhost\.?$/i.test(hostname)
}

const loopback: LookupAddress[] = [{ address: '127.0.0.1', family: 4 }, { address: '::1', family: 6 }]

/** All names of a domain usually share one unresponsive name server. The last two labels approximate the domain. */
function groupOf (hostname: string): string {
  return hostname.toLowerCase().replace(/\.$/, '').split('.').slice(-2).join('.')
}
