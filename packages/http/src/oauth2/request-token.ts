import { sendRequest } from '../responses/send-request.ts'
import type { ToError, Classifier, HttpContext } from '../responses/send-request.ts'
import type { HttpRequest } from '../client/messages.ts'
import { maxTokenResponseBytes } from './token-response.ts'

/** A token endpoint and the format of its requests. */
export interface TokenEndpoint {
  url: string
  clientId: string
  clientSecret: string
  /** Where the endpoint expects the client's credentials, and the format of its requests. */
  credentials: 'body' | 'header'
  format: 'form' | 'json'
  /** A user has chosen the host, so the guard applies. */
  isGuarded?: boolean
}

/** Sends one request to a token endpoint, for an exchange or a refresh. Throws ProviderError, like `sendRequest`. */
export async function requestToken<T> (
  endpoint: TokenEndpoint, parameters: Record<string, string>, classify: Classifier<T>, context: HttpContext, toError?: ToError
): Promise<T> {
  return await sendRequest(tokenRequest(endpoint, parameters), classify, context, {}, toError)
}

function tokenRequest (endpoint: TokenEndpoint, parameters: Record<string, string>): HttpRequest {
  const { url, clientId, clientSecret, credentials, format, isGuarded = false } = endpoint
  const inBody = credentials === 'body' ? { client_id: clientId, client_secret: clientSecret } : {}
  const members = { ...parameters, ...inBody }
  return {
    method: 'POST',
    url,
    isGuarded,
    headers: {
      accept: 'application/json',
      'content-type': format === 'json' ? 'application/json' : 'application/x-www-form-urlencoded',
      ...credentials === 'header' && { authorization: basic(clientId, clientSecret) }
    },
    body: format === 'json' ? JSON.stringify(members) : new URLSearchParams(members).toString(),
    maxResponseBytes: maxTokenResponseBytes
  }
}

/** RFC 6749 §2.3.1 requires form encoding of both before Base64. */
function basic (clientId: string, clientSecret: string): string {
  const [id, secret] = [clientId, clientSecret].map((text) => new URLSearchParams({ '': text }).toString().slice(1))
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
}
