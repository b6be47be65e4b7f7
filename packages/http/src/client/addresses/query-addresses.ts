import type { LookupAddress } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { NameError } from './name-error.ts'

/** A query without a response is repeated once. The caller's signal cancels both. */
const queryOptions = { timeout: 2_000, tries: 2 }
/**
 * How long the addresses of one family wait for the other. RFC 8305 §3 has the idea; its 50 ms assume that a later address
 * joins the attempt.
 */
const otherFamilyMs = 500

/** The addresses of a name, and how long DNS permits to use them. */
export interface ResolvedAddresses {
  addresses: LookupAddress[]
  ttlMs: number
}

/**
 * Queries DNS for the IPv4 and IPv6 addresses of `hostname`, IPv4 first. Each lookup has its own resolver, because c-ares
 * cancels all queries of a resolver together. Throws NameError, or the signal's reason when it aborts.
 */
export async function queryAddresses (
  hostname: string, servers: readonly string[] | undefined, signal: AbortSignal
): Promise<ResolvedAddresses> {
  signal.throwIfAborted()
  const resolver = new Resolver(queryOptions)
  if (servers !== undefined) resolver.setServers(servers)
  const cancel = (): void => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  const found: Array<LookupAddress & { ttl: number }> = []
  const queries = [
    resolver.resolve4(hostname, { ttl: true }).then((list) => { found.push(...list.map((each) => ({ ...each, family: 4 }))) }),
    resolver.resolve6(hostname, { ttl: true }).then((list) => { found.push(...list.map((each) => ({ ...each, family: 6 }))) })
  ]
  try {
    const all = Promise.allSettled(queries)
    await Promise.race([all, Promise.any(queries).then(() => sleep(otherFamilyMs), () => all)])
    if (found.length > 0) return toResolved(found)
    signal.throwIfAborted()
    throw worstOf(await all)
  } finally {
    signal.removeEventListener('abort', cancel)
    resolver.cancel()
  }
}

function toResolved (found: ReadonlyArray<LookupAddress & { ttl: number }>): ResolvedAddresses {
  const addresses = found.map(({ address, family }) => ({ address, family })).sort((one, other) => one.family - other.family)
  return { addresses, ttlMs: Math.min(...found.map(({ ttl }) => ttl)) * 1_000 }
}

/** A missing address in one family proves nothing when the query for the other family failed. */
function worstOf (results: Array<PromiseSettledResult<void>>): NameError {
  const errors = results.flatMap((result) => result.status === 'rejected' ? [NameError.of(result.reason)] : [])
  return errors.find(({ code }) => code !== 'NO_ADDRESS') ?? new NameError('NO_ADDRESS')
}
