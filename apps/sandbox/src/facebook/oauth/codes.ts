import type { Clock } from '../../kit/clock.ts'
import { randomText } from '../../kit/random-text.ts'
import { GraphError, invalid } from '../graph/graph-error.ts'
import type { Person } from '../people.ts'

// No lifetime is documented; RFC 6749 §4.1.2 asks for ten minutes at most.
const LIFETIME_MS = 600_000

const MISMATCH = 'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request'

export interface Codes {
  issue: (person: Person, redirectUri: string) => string
  /** Works once. Throws GraphError. */
  redeem: (code: string, redirectUri: string) => Person
  reset: () => void
}

export function createCodes (clock: Clock): Codes {
  const codes = new Map<string, { person: Person, redirectUri: string, issuedMs: number, isUsed: boolean }>()

  return {
    issue (person, redirectUri) {
      const code = `AQ${randomText(160)}`
      codes.set(code, { person, redirectUri, issuedMs: clock.nowMs(), isUsed: false })
      return code
    },

    redeem (code, redirectUri) {
      const found = codes.get(code)
      if (found === undefined) throw invalid('Invalid verification code format.')
      if (found.redirectUri !== redirectUri) {
        throw new GraphError({ message: MISMATCH, code: 100 }, {
          'www-authenticate': `OAuth "Facebook Platform" "invalid_code" "${MISMATCH}"`,
          'cache-control': 'no-store'
        })
      }
      if (found.isUsed) throw invalid('This authorization code has been used.')
      if (clock.nowMs() - found.issuedMs >= LIFETIME_MS) throw invalid('This authorization code has expired.')
      found.isUsed = true
      return found.person
    },

    reset: () => { codes.clear() }
  }
}
