import { createHmac } from 'node:crypto'
import type { Classification, Classifier, HttpRequest, HttpResponse } from '@carillon/http'
import { encodeQuery, ProviderError, requestToken, sendRequest, withoutParameters, withParameters } from '@carillon/http'
import { classify, classifyApp, classifyToken } from './classify.ts'
import type { Reader } from './classify.ts'
import { appPercentOf, restsOf } from './usage.ts'
import type { RequestContext } from '../request-context.ts'

export interface FacebookApp {
  clientId: string
  clientSecret: string
}

/** Sends all requests to the Graph API. Each one carries a proof that the caller has the app's secret as well as the token. */
export interface FacebookApi {
  readonly origin: string
  readonly host: string
  readonly authorizeUrl: string
  readonly tokenUrl: string
  /** Throws ProviderError. The token goes into a header, and `query` into the URL. */
  request: <T>(
    method: 'GET' | 'DELETE', path: string, query: Record<string, string>, token: string, read: Reader<T>, context: RequestContext
  ) => Promise<T>
  /** Requests Facebook's data about a token, with the app's own token. Throws ProviderError. */
  debug: <T>(token: string, read: Reader<T>, context: RequestContext) => Promise<T>
  /** Requests the `next` page that a response links to. The link may contain a token. Throws ProviderError. */
  follow: <T>(next: string, token: string, read: Reader<T>, context: RequestContext) => Promise<T>
  /** Sends a POST request to the token endpoint, because secrets in a URL appear in logs. Throws ProviderError. */
  obtainToken: <T>(parameters: Record<string, string>, read: Reader<T>, context: RequestContext) => Promise<T>
  proofOf: (token: string) => string
}

/** Parameters that authenticate a request. Values from callers and responses are never used. */
export const secretParameters = ['access_token', 'appsecret_proof', 'appsecret_time']

/** `graphUrl` and `wwwUrl` are base URLs without a version. `version` is, for example, `v26.0`. Throws TypeError. */
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

    request: async (method, path, query, token, read, context) =>
      await send(method, `${base}${path}?${encodeQuery(query)}`, token, context, (response, now) => classify(response, now, read)),

    debug: async (token, read, context) => {
      const url = `${base}/debug_token?${encodeQuery({ input_token: token })}`
      return await send('GET', url, `${app.clientId}|${app.clientSecret}`, context, (response, now) => classifyApp(response, now, read))
    },

    follow: async (next, token, read, context) => {
      const url = URL.canParse(next) ? new URL(next) : undefined
      if (url?.origin !== origin) throw new ProviderError({ kind: 'malformed', reason: 'the next page is elsewhere' }, host)
      return await send('GET', url.href, token, context, (response, now) => classify(response, now, read))
    },

    obtainToken: async (parameters, read, context) => {
      const endpoint = { url: tokenUrl, ...app, credentials: 'body', format: 'form' } as const
      const classifyResponse = reportUsage(context, (response, now) => classifyToken(response, now, read))
      return await requestToken(endpoint, parameters, classifyResponse, context)
    },

    proofOf
  }

  async function send<T> (
    method: HttpRequest['method'], address: string, token: string, context: RequestContext, classifyResponse: Classifier<T>
  ): Promise<T> {
    const url = new URL(address)
    url.search = withoutParameters(url.search, secretParameters)
    const headers = { accept: 'application/json', authorization: `Bearer ${token}` }
    const signed = withParameters(url.href, { appsecret_proof: proofOf(token) })
    return await sendRequest({ method, url: signed, headers }, reportUsage(context, classifyResponse), context)
  }

  function proofOf (token: string): string {
    return createHmac('sha256', app.clientSecret).update(token).digest('hex')
  }
}

/** Every response states the usage of the limits. */
function reportUsage<T> (context: RequestContext, classifyResponse: Classifier<T>): Classifier<T> {
  return (response: HttpResponse, now: number): Classification<T> => {
    const percent = appPercentOf(response.headers)
    if (percent !== undefined) context.onUsage?.(percent)
    for (const rest of restsOf(response.headers, now)) context.onNearLimit?.(rest)
    return classifyResponse(response, now)
  }
}
