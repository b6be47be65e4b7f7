import type { LookupAddress } from 'node:dns'

/** A host that moves to other addresses is found again after this time, whatever its TTL. */
const maxTtlMs = 60_000
const maxNames = 10_000

export interface AddressCache {
  find: (hostname: string) => LookupAddress[] | undefined
  keep: (hostname: string, addresses: LookupAddress[], ttlMs: number) => void
}

/** Keeps addresses from DNS until their TTL ends. Failed lookups are not kept. `clock` is monotonic, in milliseconds. */
export function createAddressCache (clock: () => number): AddressCache {
  const names = new Map<string, { addresses: LookupAddress[], endsAt: number }>()
  return {
    find (hostname) {
      const entry = names.get(hostname)
      if (entry === undefined || clock() < entry.endsAt) return entry?.addresses
      names.delete(hostname)
      return undefined
    },
    keep (hostname, addresses, ttlMs) {
      if (ttlMs <= 0) return
      names.delete(hostname)
      names.set(hostname, { addresses, endsAt: clock() + Math.min(ttlMs, maxTtlMs) })
      if (names.size <= maxNames) return
      const [oldest] = names.keys()
      if (oldest !== undefined) names.delete(oldest)
    }
  }
}
