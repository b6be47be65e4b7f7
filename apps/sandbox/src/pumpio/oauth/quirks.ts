import type { Clock } from '../../kit/clock.ts'

/** pump.io's deviations, which a test can switch. */
export interface Quirks {
  /** The token endpoint accepts any verifier once a user has logged in, even if the user did not press Authorize. */
  ignoresVerifier: boolean
  /** The API accepts wrong timestamps and used nonces. Otherwise it refuses nonces, and timestamps beyond five minutes. */
  ignoresReplay: boolean
  /** A request with the token of a user who was deleted ends the server process. Otherwise the token is refused. */
  crashesForDeletedUsers: boolean
  /** Off by default: host-meta.json redirects to host-meta, which RFC 6415 allows. */
  redirectsHostMeta: boolean
}

export const PUMPIO_QUIRKS: Readonly<Quirks> = {
  ignoresVerifier: true, ignoresReplay: true, crashesForDeletedUsers: true, redirectsHostMeta: false
}

/** Marks a nonce as used. Returns false when it was used before or the timestamp is wrong. */
export type UseNonce = (clientId: string, token: string, timestamp: string, nonce: string) => boolean

const MAX_SKEW_SECONDS = 300

export function createNonces (clock: Clock): { use: UseNonce, reset: () => void } {
  const seen = new Set<string>()
  return {
    use (clientId, token, timestamp, nonce) {
      const key = [clientId, token, timestamp, nonce].join(' ')
      const isFresh = !isStale(clock, timestamp) && !seen.has(key)
      seen.add(key)
      return isFresh
    },
    reset: () => { seen.clear() }
  }
}

export function isStale (clock: Clock, timestamp: string): boolean {
  return Math.abs(parseInt(timestamp, 10) - Math.floor(clock.nowMs() / 1000)) > MAX_SKEW_SECONDS
}
