import { ProviderError } from '@carillon/http'
import { isOtherKey } from './classify.ts'
import type { VapidKey } from './vapid-keys.ts'

/** With WEBPUSH_HOSTS=*, users choose the origins. */
const maxProven = 1_000

export interface KeySet {
  /**
   * Sends a request that is signed with the key `keyId`. If the push service says that the browser subscribed with another key,
   * it sends the request with each of the others. Returns the id of the accepted key. Throws ProviderError.
   */
  send: (keyId: string, endpoint: URL, request: (key: VapidKey) => Promise<unknown>) => Promise<string>
}

export function createKeySet (keys: readonly VapidKey[], retiredIds: readonly string[]): KeySet {
  /** Keys that a push service has accepted, by their id and its origin. */
  const proven = new Set<string>()

  return {
    async send (keyId, { origin, host }, request) {
      const own = keys.find(({ id }) => id === keyId)
      if (own === undefined) {
        if (retiredIds.includes(keyId)) throw new ProviderError({ kind: 'gone', reason: 'the browser subscribed with a retired VAPID key' }, host)
        const reason = `WEBPUSH_KEYS lacks the key ${keyId}, with which browsers have subscribed; add it, or name it in WEBPUSH_RETIRED_KEYS`
        throw new ProviderError({ kind: 'misconfigured', reason }, host)
      }
      let mismatch: unknown
      for (const key of [own, ...keys.filter((other) => other !== own)]) {
        try {
          await request(key)
          if (proven.size >= maxProven) proven.clear()
          proven.add(`${key.id} ${origin}`)
          return key.id
        } catch (error) {
          if (!isOtherKey(error)) throw error
          mismatch ??= error
        }
      }
      // Only a key that has worked there shows that this one subscription is wrong, and not WEBPUSH_KEYS.
      if (proven.has(`${own.id} ${origin}`)) throw mismatch
      const reason = `browsers subscribed with another VAPID key than ${keyId}: add that key to WEBPUSH_KEYS`
      throw new ProviderError({ kind: 'misconfigured', reason, scope: 'host' }, host)
    }
  }
}
