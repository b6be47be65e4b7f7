import { loadConfig } from '@carillon/shared/config'
import { request } from 'undici'
import { ApiError } from './api-error.ts'
import type { CommandContext } from './command-context.ts'
import { findProfile } from './profiles/find-profile.ts'
import type { Profile } from './profiles/profiles-file.ts'
import { readEvents } from './read-events.ts'
import type { ServerEvent } from './read-events.ts'
import { readUpFile } from './up-file.ts'

/** Each method throws ApiError for an error response, and what `undici` throws if there is no response. */
export interface ApiClient {
  /** Returns JSON, as does `post`. The body of `post` is a value, or JSON as text. */
  get: (path: string) => Promise<unknown>
  post: (path: string, body?: object | string) => Promise<unknown>
  patch: (path: string, body: object) => Promise<unknown>
  /** Returns the JSON of the response, if it has any. */
  remove: (path: string) => Promise<unknown>
  /** The lines of a response that may be too large for the memory. */
  lines: (path: string) => AsyncGenerator<string>
  /**
   * Server-sent events after `lastEventId`. The first event is our own: `open`, or `over` if the API says that there will be
   * no more.
   */
  events: (path: string, options: EventOptions) => AsyncGenerator<ServerEvent>
}

export interface EventOptions {
  lastEventId: string | undefined
  signal: AbortSignal
}

/** The API sends at least a comment every 15 seconds. */
const silenceMs = 60_000

/** Calls the API at CARILLON_API_URL with CARILLON_API_KEY, or that of the profile, or the API of a running `carillon up`. */
export async function openApiClient (env: CommandContext['env']): Promise<ApiClient> {
  const { url, key } = await findApi(env)
  const authorization = `Bearer ${key}`

  async function call (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object | string): Promise<unknown> {
    const { statusCode, headers: responseHeaders, body: response } = await request(`${url}${path}`, {
      method,
      headers: { authorization, ...body === undefined ? {} : { 'content-type': 'application/json' } },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body)
    })
    const text = await response.text()
    if (statusCode >= 400) throw new ApiError(`${url}${path}`, statusCode, { body: text, requestId: responseHeaders['x-request-id'] })
    return text === '' ? undefined : JSON.parse(text)
  }

  return {
    get: async (path) => await call('GET', path),
    post: async (path, body) => await call('POST', path, body),
    patch: async (path, body) => await call('PATCH', path, body),
    remove: async (path) => await call('DELETE', path),
    async * lines (path) {
      const { statusCode, headers, body } = await request(`${url}${path}`, { headers: { authorization } })
      if (statusCode >= 400) throw new ApiError(`${url}${path}`, statusCode, { body: await body.text(), requestId: headers['x-request-id'] })
      let rest = ''
      for await (const chunk of body.setEncoding('utf8')) {
        const lines = `${rest}${String(chunk)}`.split('\n')
        rest = lines.pop() ?? ''
        yield * lines
      }
      if (rest !== '') yield rest
    },
    async * events (path, { lastEventId, signal }) {
      const { statusCode, headers, body } = await request(`${url}${path}`, {
        headers: { authorization, accept: 'text/event-stream', ...lastEventId === undefined ? {} : { 'last-event-id': lastEventId } },
        bodyTimeout: silenceMs,
        signal
      })
      if (statusCode >= 400) throw new ApiError(`${url}${path}`, statusCode, { body: await body.text(), requestId: headers['x-request-id'] })
      yield { event: statusCode === 204 ? 'over' : 'open', id: undefined, data: '' }
      yield * readEvents(body)
    }
  }
}

async function findApi (env: CommandContext['env']): Promise<{ url: string, key: string }> {
  const { CARILLON_API_URL: ownUrl, CARILLON_API_KEY: ownKey, CARILLON_DATA_DIR: dataDir } = loadConfig(env)
  if (ownUrl !== undefined && ownKey !== undefined) return { url: ownUrl, key: ownKey }
  const profile = await findProfile(env, (line) => { console.error(line) })
  const found = profile ?? await findUpApi(dataDir)
  const url = ownUrl ?? found?.apiUrl
  const hint = `there is no profile (\`carillon profiles add\`), and \`carillon up\` does not run in ${dataDir}`
  if (url === undefined) throw new Error(`CARILLON_API_URL is not set, ${hint}`)
  if (ownKey !== undefined) return { url, key: ownKey }
  if (found === undefined) throw new Error(`CARILLON_API_KEY is not set, ${hint}`)
  // A key goes to no other URL than its own.
  if (url !== found.apiUrl) {
    const other = profile === undefined ? `the running \`carillon up\`, which is at ${found.apiUrl},` : 'the profile'
    throw new Error(`CARILLON_API_KEY is not set, and the key of ${other} is not for ${url}`)
  }
  return { url, key: found.apiKey }
}

/** A running `carillon up`, as if it were a profile. */
async function findUpApi (dataDir: string): Promise<Profile | undefined> {
  const { apiUrl, operatorKey } = await readUpFile(dataDir)
  return apiUrl === undefined || operatorKey === undefined ? undefined : { apiUrl, apiKey: operatorKey }
}
