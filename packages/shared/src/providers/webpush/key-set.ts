import { ProviderError } from '@carillon/http'
import { isOtherKey, isRefusedKey } from './classify.ts'
import type { VapidKey } from './vapid-keys.ts'

/** With WEBPUSH_HOSTS=*, users choose the origins. */
const maxOrigins = 1_000
/** One subscription proves nothing about a key that works for others. */
const minRefused = 3
/** The operator has this long to add a key, before messages fail. The connection stays, since a key may still be added. */
const lasting = { kind: 'rejected', times: 3, ms: 3 * 24 * 60 * 60 * 1_000 } as const
const lastingMismatch = 'the push service has refused the VAPID keys of this server for three days: add the key of this subscription to ' +
  'WEBPUSH_KEYS, or let the browser subscribe again'
const lastingRefusal = 'the push service has refused our VAPID signature for this browser for three days, and accepts it for others'

export interface KeySet {
  /**
   * Sends a request that is signed with the key `keyId`. If the push service says that the browser subscribed with another key,
   * it sends the request with each of the others. Returns the id of the accepted key. Throws ProviderError.
   */
  send: (keyId: string, endpoint: URL, request: (key: VapidKey) => Promise<unknown>) => Promise<string>
}

export function createKeySet (keys: readonly VapidKey[], retiredIds: readonly string[]): KeySet {
  /** By key and origin: the endpoints that were refused since the push service last accepted the key. Absent until it did. */
  const accepted = new Map<string, Set<string>>()

  return {
    async send (keyId, { origin, host, href }, request) {
      const own = keys.find(({ id }) => id === keyId)
      if (own === undefined) {
        if (retiredIds.includes(keyId)) throw new ProviderError({ kind: 'gone', reason: 'the browser subscribed with a retired VAPID key' }, host)
        const reason = `WEBPUSH_KEYS lacks the key ${keyId}, with which browsers have subscribed; add it, or name it in WEBPUSH_RETIRED_KEYS`
        throw new ProviderError({ kind: 'misconfigured', reason }, host)
      }
      let mismatch: unknown
      for (const key of [own, ...keys.filter((other) => other !== own)]) {
        const place = `${key.id} ${origin}`
        try {
          await request(key)
          if (accepted.size >= maxOrigins) accepted.clear()
          accepted.set(place, new Set())
          return key.id
        } catch (error) {
          if (isRefusedKey(error)) throw isAboutEndpoint(place, href) ? toOwnFailure(error) : error
          if (!isOtherKey(error)) throw error
          mismatch ??= error
        }
      }
      // Only a key that has worked there shows that this one subscription is wrong, and not WEBPUSH_KEYS.
      if (accepted.has(`${own.id} ${origin}`)) throw mismatch
      // A user can send us a subscription with another key. The messages to other browsers must not wait for that.
      const reason = `the browser subscribed with another VAPID key than ${keyId}: if your site has that key, add it to WEBPUSH_KEYS`
      throw new ProviderError({
        kind: 'misconfigured',
        reason,
        scope: 'connection',
        lasting: { ...lasting, rule: 'otherKey', reason: lastingMismatch }
      }, host)
    }
  }

  /** Whether the push service refuses a key for few endpoints, and accepts it for others. */
  function isAboutEndpoint (place: string, endpoint: string): boolean {
    return (accepted.get(place)?.add(endpoint).size ?? minRefused) < minRefused
  }
}

function toOwnFailure ({ failure: { reason }, host, status }: ProviderError): ProviderError {
  return new ProviderError({
    kind: 'misconfigured',
    reason,
    scope: 'connection',
    lasting: { ...lasting, rule: 'refusedKey', reason: lastingRefusal }
  }, host, status)
}
