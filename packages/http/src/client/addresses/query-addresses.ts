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

/**
 * Queries DNS for the IPv4 and IPv6 addresses of `hostname`, IPv4 first. Each lookup has its own resolver, because c-ares
 * cancels all queries of a resolver together. Throws NameError, or the signal's reason when it aborts.
 */
export async function queryAddresses (
  hostname: string, servers: readonly string[] | undefined, signal: AbortSignal
): Promise<LookupAddress[]> {
  signal.throwIfAborted()
  const resolver = new Resolver(queryOptions)
  if (servers !== undefined) resolver.setServers(servers)
  const cancel = (): void => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  const found: LookupAddress[] = []
  const queries = [
    resolver.resolve4(hostname).then((list) => { found.push(...list.map((address) => ({ address, family: 4 }))) }),
    resolver.resolve6(hostname).then((list) => { found.push(...list.map((address) => ({ address, family: 6 }))) })
  ]
  try {
    const all = Promise.allSettled(queries)
    await Promise.race([all, Promise.any(queries).then(() => sleep(otherFamilyMs), () => all)])
    if (found.length > 0) return [...found].sort((one, other) => one.family - other.family)
    signal.throwIfAborted()
    throw worstOf(await all)
  } finally {
    signal.removeEventListener('abort', cancel)
    resolver.cancel()
  }
}

/** A missing address in one family proves nothing when the query for the other family failed. */
function worstOf (results: Array<PromiseSettledResult<void>>): NameError {
  const errors = results.flatMap((result) => result.status === 'rejected' ? [NameError.of(result.reason)] : [])
  return errors.find(({ code }) => code !== 'NO_ADDRESS') ?? new NameError('NO_ADDRESS')
}
