import type { Clock } from '../../kit/clock.ts'

/** Checks that OAuth asks for and pump.io leaves out. A test of a client may have it otherwise. */
export interface Quirks {
  /** An access token is given for any verifier, and once somebody has logged in, whether or not Authorize was pressed. */
  ignoresVerifier: boolean
  /** Timestamps may be off, and nonces used again. Otherwise the API refuses both, timestamps beyond five minutes. */
  ignoresReplay: boolean
  /** A request with the token of a user who was deleted ends the server process. Otherwise the token is refused. */
  crashesForDeletedUsers: boolean
  /** Off, as a rule: host-meta.json redirects to host-meta, as RFC 6415 lets a host do. */
  redirectsHostMeta: boolean
}

export const PUMPIO_QUIRKS: Readonly<Quirks> = {
  ignoresVerifier: true, ignoresReplay: true, crashesForDeletedUsers: true, redirectsHostMeta: false
}

/** Whether a nonce is fresh; asking counts it as used. */
export type IsFreshNonce = (clientId: string, token: string, timestamp: string, nonce: string) => boolean

const MOST_SECONDS_OFF = 300

export function createNonces (clock: Clock): { isFresh: IsFreshNonce, reset: () => void } {
  const seen = new Set<string>()
  return {
    isFresh (clientId, token, timestamp, nonce) {
      const key = [clientId, token, timestamp, nonce].join(' ')
      const isFresh = !isStale(clock, timestamp) && !seen.has(key)
      seen.add(key)
      return isFresh
    },
    reset: () => { seen.clear() }
  }
}

export function isStale (clock: Clock, timestamp: string): boolean {
  return Math.abs(parseInt(timestamp, 10) - Math.floor(clock.nowMs() / 1000)) > MOST_SECONDS_OFF
}
