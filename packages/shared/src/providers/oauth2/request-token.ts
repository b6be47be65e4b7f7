import { sendRequest } from '../send-request.ts'
import type { ToError, Classifier, HttpContext } from '../send-request.ts'
import type { HttpRequest } from '../../http/index.ts'
import { maxTokenResponseBytes } from './token-response.ts'

/** A token endpoint, and how it wants to be asked. */
export interface TokenEndpoint {
  url: string
  clientId: string
  clientSecret: string
  /** Where it looks for the client's credentials, and in which format it reads its request. */
  credentials: 'body' | 'header'
  format: 'form' | 'json'
}

/** The one request to a token endpoint, for exchanges and refreshes alike. Throws ProviderError, as `ask` does. */
export async function requestToken<T> (
  endpoint: TokenEndpoint, parameters: Record<string, string>, classify: Classifier<T>, call: HttpContext, toError?: ToError
): Promise<T> {
  return await sendRequest(tokenRequest(endpoint, parameters), classify, call, {}, toError)
}

function tokenRequest (endpoint: TokenEndpoint, parameters: Record<string, string>): HttpRequest {
  const { url, clientId, clientSecret, credentials, format } = endpoint
  const inBody = credentials === 'body' ? { client_id: clientId, client_secret: clientSecret } : {}
  const members = { ...parameters, ...inBody }
  return {
    method: 'POST',
    url,
    headers: {
      accept: 'application/json',
      'user-agent': 'carillon',
      'content-type': format === 'json' ? 'application/json' : 'application/x-www-form-urlencoded',
      ...credentials === 'header' && { authorization: basic(clientId, clientSecret) }
    },
    body: format === 'json' ? JSON.stringify(members) : new URLSearchParams(members).toString(),
    maxResponseBytes: maxTokenResponseBytes
  }
}

/** RFC 6749 §2.3.1: both are encoded as in a form first. */
function basic (clientId: string, clientSecret: string): string {
  const [id, secret] = [clientId, clientSecret].map((text) => new URLSearchParams({ '': text }).toString().slice(1))
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
}
