import type { LookupAddress } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { NameError } from './name-error.ts'

/** A query that gets no answer is repeated once. The caller's signal ends both. */
const queryOptions = { timeout: 2_000, tries: 2 }
/** How long one family of addresses waits for the other (RFC 8305 §3 has the idea; its 50 ms need a connection to add to). */
const otherFamilyMs = 500

/**
 * Asks DNS for the IPv4 and IPv6 addresses of `hostname`, IPv4 first. A resolver of its own for each lookup, because c-ares
 * cancels all queries of a resolver together. Throws NameError, and the signal's reason when that aborts.
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
    await Promise.race([all, Promise.any(queries).then(() => delay(otherFamilyMs), () => all)])
    if (found.length > 0) return [...found].sort((one, other) => one.family - other.family)
    signal.throwIfAborted()
    throw worstOf(await all)
  } finally {
    signal.removeEventListener('abort', cancel)
    resolver.cancel()
  }
}

/** A name that has no address in one family says nothing when the question for the other failed. */
function worstOf (results: Array<PromiseSettledResult<void>>): NameError {
  const errors = results.flatMap((result) => result.status === 'rejected' ? [NameError.of(result.reason)] : [])
  return errors.find(({ code }) => code !== 'NO_ADDRESS') ?? new NameError('NO_ADDRESS')
}
