import createClient from 'openapi-fetch'
import type { Client } from 'openapi-fetch'
import type { paths } from '../generated/contract.ts'
import { CarillonError } from './carillon-error.ts'
import { sendWithRetries } from './send-with-retries.ts'
import { toError } from './to-error.ts'

export interface CarillonOptions {
  /** An API key (`ck_…`), or in a browser the token of a user. */
  apiKey: string
  /** The address of your Carillon, such as `https://notify.site.example`. */
  baseUrl: string
  /** How often a request is repeated after a failure that may pass. Default 3. */
  maxRetries?: number
  /** For each attempt. Default 30,000. */
  timeoutMs?: number
  /** Replaces the global `fetch`. */
  fetch?: (request: Request, init?: RequestInit) => Promise<Response>
}

export interface RequestOptions {
  /** Ends the request, its repetitions, or the list. */
  signal?: AbortSignal
  /** For a POST. The default is a new one for each call, so that its repetitions have one effect. */
  idempotencyKey?: string
}

/** The calls of the contract, and what the resources share. */
export interface Api extends Pick<Client<paths, 'application/json'>, 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'> {
  /** The address of the API, without a slash at its end. */
  url: string
  /** A request without retries, whose body is not read. `path` starts with `/v1`. */
  send: (path: string, init: RequestInit) => Promise<Response>
}

export function openApi (
  { apiKey, baseUrl, maxRetries = 3, timeoutMs = 30_000, fetch = globalThis.fetch }: CarillonOptions
): Api {
  if (typeof apiKey !== 'string' || apiKey === '') throw new TypeError('apiKey is missing. Create a key with `carillon keys create`')
  if (!URL.canParse(baseUrl)) throw new TypeError('baseUrl must be the URL of your Carillon, such as https://notify.site.example')
  const url = baseUrl.replace(/\/+$/, '')
  const authorization = `Bearer ${apiKey}`
  // Browsers call `fetch` only as a function of the window.
  const call = (request: Request, init?: RequestInit): Promise<Response> => fetch(request, init)
  const { GET, PUT, POST, PATCH, DELETE } = createClient<paths, 'application/json'>({
    baseUrl: url,
    headers: { authorization },
    fetch: async (request) => {
      if (request.method === 'POST' && !request.headers.has('idempotency-key')) request.headers.set('idempotency-key', newKey())
      return await sendWithRetries(request, { fetch: call, maxRetries, timeoutMs })
    }
  })
  return {
    url,
    GET,
    PUT,
    POST,
    PATCH,
    DELETE,
    send: async (path, init) => {
      const request = new Request(`${url}${path}`, init)
      request.headers.set('authorization', authorization)
      return await call(request)
    }
  }
}

/** The data of a response. Throws CarillonError for a response that is no success. */
export async function dataOf<Data> (call: Promise<{ data?: Data, error?: unknown, response: Response }>): Promise<Data> {
  const { data, error, response } = await call.catch((cause: unknown) => {
    if (cause instanceof SyntaxError) {
      throw new CarillonError({ code: 'unexpectedResponse', detail: 'The response is not JSON. Check baseUrl', cause })
    }
    throw cause
  })
  if (!response.ok) throw toError(response, error)
  return data as Data
}

/** The part of a call that `options` decide. */
export function toInit ({ signal, idempotencyKey }: RequestOptions): { signal?: AbortSignal, headers?: Record<string, string> } {
  return {
    ...signal !== undefined && { signal },
    ...idempotencyKey !== undefined && { headers: { 'idempotency-key': idempotencyKey } }
  }
}

/** `crypto.randomUUID` does not exist on pages without TLS. */
function newKey (): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
