import { STATUS_CODES } from 'node:http'
import { gatewayPage } from '../kit/http/gateway-page.ts'
import type { FaultResponse, NamedFault } from '../kit/simulator.ts'
import type { Flavor } from './browsers.ts'

interface ErrorForms {
  status: number
  /** Mozilla's number and sentence. */
  errno: number
  message: string
  /** Google's sentence, with its status where it differs. */
  google?: { status?: number, text: string }
  /** Apple's reason, with its status where it differs. */
  apple?: { status?: number, reason: string }
  microsoft?: { status: number }
  headers?: Record<string, string>
}

const errors = {
  unknown: {
    status: 404,
    errno: 102,
    message: 'Request did not validate invalid token',
    google: { text: 'A valid push subscription endpoint should be specified in the URL as such: https://fcm.googleapis.com/wp/{push subscription ID}' },
    apple: { status: 400, reason: 'BadDeviceToken' }
  },
  gone: {
    status: 410,
    errno: 106,
    message: 'Request did not validate No such subscription',
    google: { text: 'push subscription has unsubscribed or expired.\n' },
    apple: { reason: 'Unregistered' },
    headers: { 'cache-control': 'max-age=86400' }
  },
  vapid: {
    status: 401,
    errno: 109,
    message: 'Request did not validate Invalid Authorization Header',
    google: { status: 403, text: 'invalid JWT provided\n' },
    apple: { status: 403, reason: 'BadJwtToken' }
  },
  keyMismatch: {
    status: 401,
    errno: 109,
    message: 'VAPID public key mismatch',
    google: {
      status: 403, text: 'the VAPID credentials in the authorization header do not correspond to the credentials used to create the subscriptions.\n'
    },
    apple: { status: 400, reason: 'VapidPkHashMismatch' },
    microsoft: { status: 403 }
  },
  ttl: { status: 400, errno: 111, message: 'Missing TTL value', apple: { reason: 'BadTtl' } },
  topic: { status: 400, errno: 113, message: 'Invalid Topic', apple: { reason: 'BadWebPushTopic' } },
  encoding: { status: 400, errno: 110, message: 'Invalid Content-Encoding', apple: { reason: 'BadContentEncoding' } },
  tooLarge: { status: 413, errno: 104, message: 'Data payload too large', apple: { reason: 'PayloadTooLarge' } },
  tooMany: { status: 429, errno: 201, message: 'Too many requests', apple: { reason: 'TooManyRequests' }, microsoft: { status: 406 }, headers: { 'retry-after': '10' } },
  unavailable: { status: 503, errno: 201, message: 'Use exponential back-off for retries', apple: { reason: 'ServiceUnavailable' }, headers: { 'retry-after': '120' } }
} as const satisfies Record<string, ErrorForms>

export type ErrorName = keyof typeof errors

/** The error as this vendor sends it. */
export function errorOf (name: ErrorName, flavor: Flavor): FaultResponse & { status: number } {
  const { status, errno, message, google, apple, microsoft, headers = {} }: ErrorForms = errors[name]
  switch (flavor) {
    case 'mozilla': return { status, headers, body: { code: status, errno, error: STATUS_CODES[status], message, more_info: 'http://autopush.readthedocs.io/en/latest/http.html#error-codes' } }
    case 'google': return { status: google?.status ?? status, headers, body: google?.text ?? `${message}\n` }
    case 'apple': return { status: apple?.status ?? status, headers, body: { reason: apple?.reason ?? 'BadPath' } }
    // Microsoft explains errors in headers.
    case 'microsoft': return { status: microsoft?.status ?? status, headers: { ...headers, 'x-wns-error-description': message }, body: '' }
  }
}

/** Mozilla's error with this status, for faults without a body. */
export function faultResponse (status: number): FaultResponse {
  const name = errorNames.find((each) => errors[each].status === status)
  if (name === undefined) return { headers: {}, body: status >= 400 ? gatewayPage(status) : '' }
  return errorOf(name, 'mozilla')
}

const errorNames = Object.keys(errors).filter((name): name is ErrorName => name in errors)

/** Faults by name, in the form of the vendor of the subscription that a request is for. */
export function namedFaults (flavorOf: (path: string) => Flavor): Record<string, NamedFault> {
  return Object.fromEntries(errorNames.map((name) => [name, ({ url }) => errorOf(name, flavorOf(url))]))
}
