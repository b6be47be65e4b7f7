import { sendRequest, decodeBody, maxTokenResponseBytes } from '@carillon/http'
import type { Classification, HttpContext, HttpResponse } from '@carillon/http'
import type { CustomFetch } from 'openid-client'

/** Classifies a response of one of the server's endpoints. The value is the content that openid-client receives. */
export type EndpointClassifier = (url: string, response: HttpResponse, now: number) => Classification<unknown>

/**
 * The HTTP client of openid-client: with our guard, time limits and User-Agent. It throws ProviderError for a response without
 * the requested content, so openid-client reads only good ones. Its errors are then about their meaning.
 */
export function createGuardedFetch (context: HttpContext, classify: EndpointClassifier): CustomFetch {
  return async (url, { method, headers, body }) => {
    const request = {
      method: method === 'POST' ? 'POST' as const : 'GET' as const,
      url,
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
      ...body !== undefined && body !== null && { body: String(body) },
      maxResponseBytes: maxTokenResponseBytes
    }
    const content = await sendRequest(request, (response, now) => classify(url, decoded(response), now), context)
    return Response.json(content)
  }
}

function decoded (response: HttpResponse): HttpResponse {
  return { ...response, body: Buffer.from(decodeBody(response, maxTokenResponseBytes)) }
}
