import { randomBytes } from 'node:crypto'
import { isUserHost, parseHttpDate, sendRequest } from '@carillon/http'
import type { HttpRequest, HttpResponse } from '@carillon/http'
import { authorizationHeader } from './oauth1.ts'
import type { SignableRequest } from './oauth1.ts'
import type { PumpioContext } from '../context.ts'
import { refusalOf } from '../classify.ts'

/** The client that signs, and its token, if there is one. */
export interface SigningKeys {
  clientId: string
  clientSecret: string
  token?: string
  tokenSecret?: string
}

/** Signs requests, and caches what is unusual about hosts: a wrong clock, or a scheme other than in their URL. */
export interface PumpioSigner {
  /** Signs a request that the caller sends. `more` contains further `oauth_` parameters. */
  sign: (request: SignableRequest, keys: SigningKeys, now: () => number, more?: Record<string, string>) => Signed
  /**
   * Sends a signed request, and repeats it once if the host refused its time or signature. Returns the last response, whatever
   * its status. Throws ProviderError when no response arrived.
   */
  request: (
    request: HttpRequest, keys: SigningKeys, context: PumpioContext, more?: Record<string, string>
  ) => Promise<HttpResponse>
}

export interface Signed {
  /** The value of the `Authorization` header. */
  authorization: string
  /** Receives the response. Returns another signed request, once, if the host refused its time or signature. */
  again: (response: HttpResponse) => Signed | undefined
}

export function createPumpioSigner (): PumpioSigner {
  const hostQuirks = new Map<string, HostQuirks>()

  return { sign, request: requestSigned }

  function sign (request: SignableRequest, keys: SigningKeys, now: () => number, more: Record<string, string> = {}): Signed {
    const { host, protocol } = new URL(request.url)
    return once(recall(host).signsAsHttp, false)

    function once (signsAsHttp: boolean, isLast: boolean): Signed {
      const authorization = headerOf(request, keys, now(), { ...recall(host), signsAsHttp }, more)
      return { authorization, again }

      function again (response: HttpResponse): Signed | undefined {
        const date = parseHttpDate(response.headers.date ?? '')
        if (date !== undefined) remember(host, { clockAheadMs: ignoreSmallDifference(date - now()) })
        const refusal = refusalOf(response)
        if (isLast) {
          if (refusal !== 'signature') remember(host, { signsAsHttp })
          return undefined
        }
        if (refusal === 'nonce') return once(signsAsHttp, true)
        // Behind a proxy that terminates TLS, pump.io verifies the signature with an http URL. The request still uses https.
        return refusal === 'signature' && protocol === 'https:' ? once(!signsAsHttp, true) : undefined
      }
    }
  }

  async function requestSigned (
    request: HttpRequest, keys: SigningKeys, context: PumpioContext, more?: Record<string, string>
  ): Promise<HttpResponse> {
    const { method, url } = request
    let signed: Signed | undefined = sign({ method, url }, keys, context.now, more)
    for (;;) {
      const headers = { ...request.headers, authorization: signed.authorization }
      const response = await sendRequest({ ...request, isGuarded: isUserHost(url), headers }, (response) => ({ kind: 'ok', value: response }), context)
      signed = signed.again(response)
      if (signed === undefined) return response
    }
  }

  function recall (host: string): HostQuirks {
    return hostQuirks.get(host) ?? withoutQuirks
  }

  function remember (host: string, news: Partial<HostQuirks>): void {
    const quirks = { ...withoutQuirks, ...hostQuirks.get(host), ...news }
    hostQuirks.delete(host)
    if (quirks.clockAheadMs === 0 && !quirks.signsAsHttp) return
    hostQuirks.set(host, quirks)
    // The number is limited, because users choose hosts. A host that was dropped costs one more attempt.
    const [oldest] = hostQuirks.keys()
    if (hostQuirks.size > maxHosts && oldest !== undefined) hostQuirks.delete(oldest)
  }
}

interface HostQuirks {
  clockAheadMs: number
  signsAsHttp: boolean
}

const withoutQuirks: HostQuirks = { clockAheadMs: 0, signsAsHttp: false }
const maxHosts = 10_000

/** pump.io accepts a difference of 300 s. A difference below this value comes from the network, not from the clock. */
const clockToleranceMs = 60_000

function headerOf (
  request: SignableRequest, keys: SigningKeys, now: number, quirks: HostQuirks, more: Record<string, string>
): string {
  const signed = quirks.signsAsHttp ? { ...request, url: request.url.replace(/^https:/, 'http:') } : request
  return authorizationHeader(signed, {
    oauth_consumer_key: keys.clientId,
    ...keys.token === undefined ? {} : { oauth_token: keys.token },
    oauth_timestamp: String(Math.max(1, Math.floor((now + quirks.clockAheadMs) / 1_000))),
    oauth_nonce: randomBytes(16).toString('hex'),
    ...more
  }, { consumerSecret: keys.clientSecret, tokenSecret: keys.tokenSecret ?? '' })
}

function ignoreSmallDifference (aheadMs: number): number {
  return Math.abs(aheadMs) < clockToleranceMs ? 0 : aheadMs
}
