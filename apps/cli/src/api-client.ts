import { loadConfig } from '@carillon/shared/config'
import { request } from 'undici'
import { ApiError } from './api-error.ts'
import type { CommandContext } from './command-context.ts'
import { readEvents } from './read-events.ts'
import type { ServerEvent } from './read-events.ts'
import { readUpFile } from './up-file.ts'

/** Each throws ApiError where the API answers that it will not, and what `undici` throws where it does not answer. */
export interface ApiClient {
  /** Answers JSON, as does `post`, whose body is a value, or JSON as text. */
  get: (path: string) => Promise<unknown>
  post: (path: string, body?: object | string) => Promise<unknown>
  /**
   * Server-sent events from after `lastEventId` on. Ends when the API ends them. Before them comes an event of our own:
   * `open`, or `over` when the API says that there will never be more.
   */
  events: (path: string, options: EventOptions) => AsyncGenerator<ServerEvent>
}

export interface EventOptions {
  lastEventId: string | undefined
  signal: AbortSignal
}

/** The API says something every 15 seconds, and be it nothing. */
const silenceMs = 60_000

/** Talks to the API that CARILLON_API_URL and CARILLON_API_KEY name or, without them, to that of a running `carillon up`. */
export async function openApiClient (env: CommandContext['env']): Promise<ApiClient> {
  const config = loadConfig(env)
  const up = await readUpFile(config.CARILLON_DATA_DIR)
  const url = config.CARILLON_API_URL ?? up.apiUrl
  const key = config.CARILLON_API_KEY ?? up.operatorKey
  if (url === undefined) throw new Error(`CARILLON_API_URL is missing, and \`carillon up\` does not run in ${config.CARILLON_DATA_DIR}`)
  if (key === undefined) throw new Error(`CARILLON_API_KEY is missing, and \`carillon up\` does not run in ${config.CARILLON_DATA_DIR}`)
  const authorization = `Bearer ${key}`

  async function call (method: 'GET' | 'POST', path: string, body?: object | string): Promise<unknown> {
    const { statusCode, body: answer } = await request(`${url}${path}`, {
      method,
      headers: { authorization, ...body === undefined ? {} : { 'content-type': 'application/json' } },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body)
    })
    const text = await answer.text()
    if (statusCode >= 400) throw new ApiError(`${url}${path}`, statusCode, text)
    return JSON.parse(text)
  }

  return {
    get: async (path) => await call('GET', path),
    post: async (path, body) => await call('POST', path, body),
    async * events (path, { lastEventId, signal }) {
      const { statusCode, body } = await request(`${url}${path}`, {
        headers: { authorization, accept: 'text/event-stream', ...lastEventId === undefined ? {} : { 'last-event-id': lastEventId } },
        bodyTimeout: silenceMs,
        signal
      })
      if (statusCode >= 400) throw new ApiError(`${url}${path}`, statusCode, await body.text())
      yield { event: statusCode === 204 ? 'over' : 'open', id: undefined, data: '' }
      yield * readEvents(body)
    }
  }
}
