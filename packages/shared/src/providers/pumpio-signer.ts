import { randomBytes } from 'node:crypto'
import { ask } from './ask.ts'
import type { Answer, HttpRequest } from './http.ts'
import { authorizationHeader } from './oauth1.ts'
import type { Call } from './provider.ts'
import { refusalOf } from './pumpio-judge.ts'
import { parseHttpDate } from './retry-at.ts'

/** Who signs: a client, and the token that was made for it unless there is none yet. */
export interface SigningKeys {
  clientId: string
  clientSecret: string
  token?: string
  tokenSecret?: string
}

/** Signs requests to hosts of which it remembers what is odd: a clock that is wrong, a scheme that is not theirs. */
export interface PumpioSigner {
  /** The value of the `Authorization` header, for a request that somebody else sends. */
  header: (method: string, url: string, keys: SigningKeys, now: number) => string
  /**
   * The answer, whatever it says, after one more try if the first was refused for its time or signature. `more` are
   * further `oauth_` parameters. Throws ProviderError when no answer came.
   */
  ask: (request: HttpRequest, keys: SigningKeys, call: Call, more?: Record<string, string>) => Promise<Answer>
}

export function createPumpioSigner (): PumpioSigner {
  const oddities = new Map<string, Oddity>()

  return { header, ask: askSigned }

  function header (method: string, url: string, keys: SigningKeys, now: number): string {
    return sign(method, url, keys, now, recall(url), {})
  }

  async function askSigned (
    request: HttpRequest, keys: SigningKeys, call: Call, more: Record<string, string> = {}
  ): Promise<Answer> {
    const { host, protocol } = new URL(request.url)
    const { signsAsHttp } = recall(request.url)
    const first = await once(signsAsHttp)
    const refusal = refusalOf(first)
    if (refusal === 'nonce') return await once(signsAsHttp)
    if (refusal !== 'signature' || protocol !== 'https:') return first

    // Behind a proxy that ends TLS, pump.io takes its own URLs for http ones when it checks. What we send stays on https.
    const second = await once(!signsAsHttp)
    if (refusalOf(second) !== 'signature') remember(host, { signsAsHttp: !signsAsHttp })
    return second

    async function once (signsAsHttp: boolean): Promise<Answer> {
      const odd = { ...recall(request.url), signsAsHttp }
      const authorization = sign(request.method, request.url, keys, call.now(), odd, more)
      const signed = { ...request, headers: { ...request.headers, authorization } }
      const answer = await ask(signed, (answer) => ({ kind: 'ok', value: answer }), call)
      const date = parseHttpDate(answer.headers.date ?? '')
      if (date !== undefined) remember(host, { clockAheadMs: tolerated(date - call.now()) })
      return answer
    }
  }

  function recall (url: string): Oddity {
    return oddities.get(new URL(url).host) ?? even
  }

  function remember (host: string, news: Partial<Oddity>): void {
    const odd = { ...even, ...oddities.get(host), ...news }
    oddities.delete(host)
    if (odd.clockAheadMs === 0 && !odd.signsAsHttp) return
    oddities.set(host, odd)
    // Hosts are of the users' choice, so there is no end to them. Whoever is forgotten costs one more try.
    const [oldest] = oddities.keys()
    if (oddities.size > maxOddities && oldest !== undefined) oddities.delete(oldest)
  }
}

interface Oddity {
  clockAheadMs: number
  signsAsHttp: boolean
}

const even: Oddity = { clockAheadMs: 0, signsAsHttp: false }
const maxOddities = 10_000

/** pump.io allows for 300 s. Less than this is the network's doing and not the clock's. */
const toleranceMs = 60_000

function sign (
  method: string, url: string, keys: SigningKeys, now: number, odd: Oddity, more: Record<string, string>
): string {
  const signed = { method, url: odd.signsAsHttp ? url.replace(/^https:/, 'http:') : url }
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
