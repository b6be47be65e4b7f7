import { createHmac } from 'node:crypto'
import type { Classifier, Classification } from '../send-request.ts'
import { sendRequest } from '../send-request.ts'
import { encodeQuery, withoutParameters, withParameters } from '../../http/index.ts'
import { classify, classifyApp, classifyToken } from './classify.ts'
import type { Reader } from './classify.ts'
import { appPercentOf, restsOf } from './usage.ts'
import type { HttpResponse, HttpRequest } from '../../http/index.ts'
import type { RequestContext } from '../request-context.ts'
import { ProviderError } from '../provider-error.ts'
import { requestToken } from '../oauth2/request-token.ts'

export interface FacebookApp {
  clientId: string
  clientSecret: string
}

/** The one way to talk to the Graph API: every call carries a proof that whoever holds the token knows the app's secret too. */
export interface FacebookApi {
  readonly origin: string
  readonly host: string
  readonly authorizeUrl: string
  readonly tokenUrl: string
  /** Throws ProviderError. The token goes into a header; what is asked for into the query. */
  request: <T>(
    method: 'GET' | 'DELETE', path: string, query: Record<string, string>, token: string, read: Reader<T>, call: RequestContext
  ) => Promise<T>
  /** What Facebook knows of a token, asked by the app itself. Throws ProviderError. */
  debug: <T>(token: string, read: Reader<T>, call: RequestContext) => Promise<T>
  /** The page that an answer names as its `next`, which may carry a token. Throws ProviderError. */
  follow: <T>(next: string, token: string, read: Reader<T>, call: RequestContext) => Promise<T>
  /** Asks the token endpoint, by POST: a secret in a URL ends up in logs. Throws ProviderError. */
  obtainToken: <T>(parameters: Record<string, string>, read: Reader<T>, call: RequestContext) => Promise<T>
  proofOf: (token: string) => string
}

/** What proves who asks. None of it is ever taken from anybody else. */
export const secretParameters = ['access_token', 'appsecret_proof', 'appsecret_time']

/** `graphUrl` and `wwwUrl` are base URLs without a version, `version` is such as `v26.0`. Opens nothing; throws TypeError. */
export function createFacebookApi (
  { graphUrl, wwwUrl, version, app }: { graphUrl: string, wwwUrl: string, version: string, app: FacebookApp }
): FacebookApi {
  for (const url of [graphUrl, wwwUrl]) {
    if (!/^https?:$/.test(new URL(url).protocol)) throw new TypeError('a URL of Facebook is neither http nor https')
  }
  if (!/^v\d+\.\d+$/.test(version)) throw new TypeError('a version of Facebook is written like v26.0')
  const base = `${graphUrl.replace(/\/+$/, '')}/${version}`
  const { origin, host } = new URL(base)
  const tokenUrl = `${base}/oauth/access_token`

  return {
    origin,
    host,
    authorizeUrl: `${wwwUrl.replace(/\/+$/, '')}/${version}/dialog/oauth`,
    tokenUrl,

    request: async (method, path, query, token, read, call) =>
      await perform(method, `${base}${path}?${encodeQuery(query)}`, token, call, (answer, now) => classify(answer, now, read)),

    debug: async (token, read, call) => {
      const url = `${base}/debug_token?${encodeQuery({ input_token: token })}`
      return await perform('GET', url, `${app.clientId}|${app.clientSecret}`, call, (answer, now) => classifyApp(answer, now, read))
    },

    follow: async (next, token, read, call) => {
      const url = URL.canParse(next) ? new URL(next) : undefined
      if (url?.origin !== origin) throw new ProviderError({ kind: 'malformed', reason: 'the next page is elsewhere' }, host)
      return await perform('GET', url.href, token, call, (answer, now) => classify(answer, now, read))
    },

    obtainToken: async (parameters, read, call) => {
      const endpoint = { url: tokenUrl, ...app, credentials: 'body', format: 'form' } as const
      return await requestToken(endpoint, parameters, learning(call, (answer, now) => classifyToken(answer, now, read)), call)
    },

    proofOf
  }

  async function perform<T> (
    method: HttpRequest['method'], address: string, token: string, call: RequestContext, judge: Classifier<T>
  ): Promise<T> {
    const url = new URL(address)
    url.search = withoutParameters(url.search, secretParameters)
    const headers = { accept: 'application/json', authorization: `Bearer ${token}` }
    const signed = withParameters(url.href, { appsecret_proof: proofOf(token) })
    return await sendRequest({ method, url: signed, headers }, learning(call, judge), call)
  }

  function proofOf (token: string): string {
    return createHmac('sha256', app.clientSecret).update(token).digest('hex')
  }
}

/** Every answer tells how near the limits are. */
function learning<T> (call: RequestContext, judge: Classifier<T>): Classifier<T> {
  return (answer: HttpResponse, now: number): Classification<T> => {
    const percent = appPercentOf(answer.headers)
    if (percent !== undefined) call.onUsage?.(percent)
    for (const rest of restsOf(answer.headers, now)) call.onNearLimit?.(rest)
    return judge(answer, now)
  }
}
