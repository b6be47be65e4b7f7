import { CLIENT } from '../oauth/client.ts'
import { tokenEnded } from '../oauth/token-end.ts'
import type { TokenEnd } from '../oauth/token-end.ts'
import { unsupported } from './graph-error.ts'
import type { ErrorDetails } from './graph-error.ts'
import { adAccountLimit, applicationLimit } from './usage.ts'

/** One of Facebook's errors, for any call. */
export interface FaultRow {
  /** Default: 400. */
  status?: number
  details?: ErrorDetails
  /** The body instead of an error. */
  text?: string
  /** The limit that the headers report as used up. */
  usedUp?: 'app' | 'adAccount' | 'ads_insights' | 'ads_management'
}

const TOKEN_ENDS: TokenEnd[] = [458, 459, 460, 463, 464, 467, 492, 493]
// Any time in the past.
const EXPIRED_MS = Date.UTC(2026, 0, 1)

/** The error table of the Graph API, by code or by code and subcode, and three responses whose status is not an error. */
export const FAULTS: Readonly<Record<string, FaultRow>> = {
  1: { details: { message: 'An unknown error occurred', code: 1 } },
  '1/too-much': {
    status: 500, details: { message: 'Please reduce the amount of data you\'re asking for, then retry your request', code: 1 }
  },
  '1/transient': { details: { message: 'An unknown error occurred', code: 1, is_transient: true } },
  2: { details: { message: 'An unexpected error has occurred. Please retry your request later.', code: 2, is_transient: true } },
  3: { details: { message: '(#3) Application does not have the capability to make this API call.', code: 3 } },
  4: { details: applicationLimit().details, usedUp: 'app' },
  10: { details: { message: '(#10) Application does not have permission for this action', code: 10 } },
  200: { details: { message: '(#200) Ad account owner has NOT grant ads_management or ads_read permission', code: 200 } },
  299: { details: { message: '(#299) Permissions error', code: 299 } },
  17: { details: { message: '(#17) User request limit reached', code: 17, error_subcode: 2446079 }, usedUp: 'adAccount' },
  32: { details: { message: '(#32) Page request limit reached', code: 32 } },
  100: { details: { message: '(#100) Invalid parameter', code: 100 } },
  '100/33': { details: unsupported('GET', '1').details },
  '100/1504018': {
    details: {
      message: '(#100) Your request timed out. Please try a smaller date range, fetch less data, or use async jobs',
      code: 100,
      error_subcode: 1504018
    }
  },
  101: { details: { message: 'Error validating application. Invalid application ID.', code: 101 } },
  102: { details: { message: 'Session key invalid or no longer valid', code: 102 } },
  190: { details: { message: 'Invalid OAuth access token - Cannot parse access token', code: 190 } },
  ...Object.fromEntries(TOKEN_ENDS.map((end) => [`190/${end}`, { details: tokenEnded(end, EXPIRED_MS, EXPIRED_MS).details }])),
  341: { details: { message: '(#341) Feed action request limit reached', code: 341 }, usedUp: 'app' },
  368: { details: { message: '(#368) The action attempted has been deemed abusive or is otherwise disallowed', code: 368 } },
  506: { details: { message: '(#506) Duplicate status message', code: 506 } },
  613: { details: { message: '(#613) Calls to this api have exceeded the rate limit.', code: 613 }, usedUp: 'adAccount' },
  '613/1487742': {
    details: {
      message: '(#613) Calls to this api have exceeded the rate limit.',
      code: 613,
      error_subcode: 1487742,
      error_user_title: 'There have been too many calls from this ad-account',
      error_user_msg: 'There have been too many calls from this ad-account. Please wait a bit and try again.'
    },
    usedUp: 'adAccount'
  },
  '613/1996': { details: { message: '(#613) Inconsistent number of requests', code: 613, error_subcode: 1996 }, usedUp: 'adAccount' },
  80000: { details: adAccountLimit('ads_insights').details, usedUp: 'ads_insights' },
  80004: { details: adAccountLimit('ads_management').details, usedUp: 'ads_management' },
  80014: {
    details: {
      message: '(#80014) There have been too many calls for the batch uploads to this catalog account. Wait a bit and try again.',
      code: 80014,
      error_subcode: 2446079
    },
    usedUp: 'ads_management'
  },
  '200-with-error': { status: 200, details: { message: `(#2) Service temporarily unavailable for application ${CLIENT.id}`, code: 2, is_transient: true } },
  '200-service-unavailable': { status: 200, text: 'Service Unavailable' },
  304: { status: 304, text: '' }
}
