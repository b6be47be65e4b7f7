import { sendRequest } from '@carillon/http'
import type { Classification, HttpContext, HttpResponse } from '@carillon/http'

/** The Web API at one base URL. */
export interface SlackApi {
  readonly host: string
  readonly tokenUrl: string
  /** Calls a method with an access token. Throws ProviderError. */
  call: <T>(
    method: string, parameters: Record<string, string>, accessToken: string,
    classifyResponse: (response: HttpResponse, now: number) => Classification<T>, context: HttpContext
  ) => Promise<T>
}

export function createSlackApi (baseUrl: string): SlackApi {
  const apiUrl = `${baseUrl}/api`
  return {
    host: new URL(baseUrl).host,
    tokenUrl: `${apiUrl}/oauth.v2.access`,

    async call (method, parameters, accessToken, classifyResponse, context) {
      return await sendRequest({
        method: 'POST',
        url: `${apiUrl}/${method}`,
        // All methods accept forms, and only some of them JSON.
        headers: { accept: 'application/json', authorization: `Bearer ${accessToken}`, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(parameters).toString()
      }, classifyResponse, context)
    }
  }
}
