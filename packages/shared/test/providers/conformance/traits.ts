import type { HttpResponse } from '@carillon/http'
import type { Message } from '../../../src/providers/message.ts'
import type { Fault, Arrival } from './simulator.ts'

/** The facts about a provider that the test suites cannot derive. `test/providers/<id>/traits.ts` exports them as `traits`. */
export interface Traits {
  /** The pure functions that classify responses, by what sends the response. */
  classifiers: Record<string, (response: HttpResponse, now: number) => { kind: string }>
  /**
   * The provider's response for a rate limit until `at` (milliseconds since the epoch, a whole second). Absent when the provider
   * never states the end of a limit.
   */
  rateLimited?: (at: number) => Fault
  /** The provider does not use HTTP. Its own tests cover what the suites test with responses of HTTP. */
  isHttp?: boolean
  /**
   * The address is a program of the user without an error format. Each status is the program's own statement, and the body means
   * nothing.
   */
  isPlainEndpoint?: true
  /** A file that the provider accepts, by value. Any file when absent. */
  file?: { name: string, type: string, data: string }
  /** A file that it rejects before it sends a request. */
  refusedFile?: { name: string, type: string, data: string }
  /** The types of message that it rejects. */
  refuses?: Array<Message['type']>
  /** For a provider whose messages replace each other: the state after a message. Undefined when it has none. */
  stateOf?: (item: Arrival['item']) => unknown
  /** True when the API says that a token is dead, and not only expired, so that no refresh is attempted. */
  namesDeadTokens?: boolean
  /** How a message fails once the user has withdrawn access. `unauthorized` when absent. */
  endsAs?: 'gone'
  /** True when a token can be refreshed only while it is valid. */
  renewsWhileValid?: boolean
  /** True when the tokens of the simulator's usual accounts never expire, although the provider can refresh others. */
  neverExpires?: true
  /** Parameters that the provider adds to the query of an authorized request. */
  adds?: string[]
  /**
   * The operator's secrets: each variable of the definition that contains one, and what a wrong value does. A text says why no
   * delivery shows it. `operator-secrets.test.ts` of the worker runs all others.
   */
  secrets?: Record<string, SecretTraits | string>
  /** Absent for a provider that sends nothing. */
  delivery?: DeliveryTraits
  journey: JourneyTraits
}

export interface DeliveryTraits {
  /** The end of the path of the POST request that shows a message. */
  showing: string
  /** Responses that reject a message for good, and what the worker makes of them. */
  refusals: Array<{ answer: object, outcome: 'rejected' | 'quota', reason: RegExp }>
  /** True when the client knows that a message whose answer was lost may have arrived. Its caller then decides. */
  doubts?: true
  /** A temporary error of the provider, and its status. A 500 when absent. */
  outage?: { answer: object, status: number }
}

export interface SecretTraits {
  /** The reason that the log and `GET /v1/providers` give. It says what to fix. */
  reason: RegExp
  /** Makes a wrong value of the right form. */
  spoil?: (value: string) => string
  /** Deliveries need the secret only to refresh expired tokens. */
  isForRefresh?: true
  /**
   * The variables with which deliveries need the secret, besides those of the sandbox. `url` is the address of the simulator, and
   * `control` sends a POST to the control calls of the sandbox.
   */
  environment?: (url: string, control: <Result>(path: string, body: object) => Promise<Result>) => Promise<Record<string, string>>
}

/** A fault's `match` for the requests that show messages: the route up to its first parameter. */
export function matchOf ({ showing }: DeliveryTraits): string {
  return showing.split(':', 1)[0] ?? ''
}

interface JourneyTraits {
  /** The test of this provider's own journey, from the root of the repository. The journeys of users then leave it out. */
  ownTest?: string
  /**
   * What the user enters for `account`, where accounts are addresses. `url` is the address of the simulator, and `control` sends
   * a POST to the control calls of the sandbox. Defaults to the account itself.
   */
  addressOf?: (account: string, url: string, control: <Result>(path: string, body: object) => Promise<Result>) => Promise<string>
  /** The name of a connection to `account`, where it differs from it. */
  nameOf?: (account: string, url: string) => string
  /** The provider sends nothing back when a user denies access. */
  hidesDenial?: boolean
  /** `METHOD /path` of the request that revokes credentials, for a provider that can. */
  revokesAt?: string
  /** That request returns 200 for credentials that the provider does not know, as RFC 7009 says. */
  confirmsUnknownTokens?: boolean
}
