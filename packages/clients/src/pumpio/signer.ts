import { randomBytes } from 'node:crypto'
import { parseHttpDate, sendRequest } from '@carillon/http'
import type { HttpRequest, HttpResponse } from '@carillon/http'
import { authorizationHeader } from './oauth1.ts'
import type { SignableRequest } from './oauth1.ts'
import type { PumpioContext } from './context.ts'
import { isUserHost } from './account.ts'
import { refusalOf } from './classify.ts'

/** Who signs: a client, and the token that was made for it unless there is none yet. */
export interface SigningKeys {
  clientId: string
  clientSecret: string
  token?: string
  tokenSecret?: string
}

/** Signs requests to hosts of which it remembers what is odd: a clock that is wrong, a scheme that is not theirs. */
export interface PumpioSigner {
  /** Signs a request that somebody else sends. `more` are further `oauth_` parameters. */
  sign: (request: SignableRequest, keys: SigningKeys, now: () => number, more?: Record<string, string>) => Signed
  /**
   * The answer, whatever it says, after one more try if the first was refused for its time or signature. Throws
   * ProviderError when no answer came.
   */
  request: (request: HttpRequest, keys: SigningKeys, call: PumpioContext, more?: Record<string, string>) => Promise<HttpResponse>
}

export interface Signed {
  /** The value of the `Authorization` header. */
  authorization: string
  /** To be told what the host answered: gives the request signed anew if that was refused for its time or signature, once. */
  again: (answer: HttpResponse) => Signed | undefined
}

export function createPumpioSigner (): PumpioSigner {
  const hostQuirks = new Map<string, HostQuirks>()

  return { sign, request: askSigned }

  function sign (request: SignableRequest, keys: SigningKeys, now: () => number, more: Record<string, string> = {}): Signed {
    const { host, protocol } = new URL(request.url)
    return once(recall(host).signsAsHttp, false)

    function once (signsAsHttp: boolean, isLast: boolean): Signed {
      const authorization = headerOf(request, keys, now(), { ...recall(host), signsAsHttp }, more)
      return { authorization, again }

      function again (answer: HttpResponse): Signed | undefined {
        const date = parseHttpDate(answer.headers.date ?? '')
        if (date !== undefined) remember(host, { clockAheadMs: tolerated(date - now()) })
        const refusal = refusalOf(answer)
        if (isLast) {
          if (refusal !== 'signature') remember(host, { signsAsHttp })
          return undefined
        }
        if (refusal === 'nonce') return once(signsAsHttp, true)
        // Behind a proxy that ends TLS, pump.io takes its own URLs for http ones when it checks. What we send stays on https.
        return refusal === 'signature' && protocol === 'https:' ? once(!signsAsHttp, true) : undefined
      }
    }
  }

  async function askSigned (
    request: HttpRequest, keys: SigningKeys, call: PumpioContext, more?: Record<string, string>
  ): Promise<HttpResponse> {
    const { method, url } = request
    let signed: Signed | undefined = sign({ method, url }, keys, call.now, more)
    for (;;) {
      const headers = { ...request.headers, authorization: signed.authorization }
      const answer = await sendRequest({ ...request, isGuarded: isUserHost(url), headers }, (answer) => ({ kind: 'ok', value: answer }), call)
      signed = signed.again(answer)
      if (signed === undefined) return answer
    }
  }

  function recall (host: string): HostQuirks {
    return hostQuirks.get(host) ?? withoutQuirks
  }

  function remember (host: string, news: Partial<HostQuirks>): void {
    const odd = { ...withoutQuirks, ...hostQuirks.get(host), ...news }
    hostQuirks.delete(host)
    if (odd.clockAheadMs === 0 && !odd.signsAsHttp) return
    hostQuirks.set(host, odd)
    // Hosts are of the users' choice, so there is no end to them. Whoever is forgotten costs one more try.
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

/** pump.io allows for 300 s. Less than this is the network's doing and not the clock's. */
const toleranceMs = 60_000

function headerOf (
  request: SignableRequest, keys: SigningKeys, now: number, odd: HostQuirks, more: Record<string, string>
): string {
  const signed = odd.signsAsHttp ? { ...request, url: request.url.replace(/^https:/, 'http:') } : request
  return authorizationHeader(signed, {
    oauth_consumer_key: keys.clientId,
    ...keys.token === undefined ? {} : { oauth_token: keys.token },
    oauth_timestamp: String(Math.max(1, Math.floor((now + odd.clockAheadMs) / 1_000))),
    oauth_nonce: randomBytes(16).toString('hex'),
    ...more
  }, { consumerSecret: keys.clientSecret, tokenSecret: keys.tokenSecret ?? '' })
}

function tolerated (aheadMs: number): number {
  return Math.abs(aheadMs) < toleranceMs ? 0 : aheadMs
}
