import type { Api, RequestOptions } from '../api/open-api.ts'
import { retryDelayMs } from '../api/retry-delay.ts'
import { toError, toTransportError } from '../api/to-error.ts'
import { wait } from '../api/wait.ts'
import { parseEvents } from './parse-events.ts'
import type { ServerEvent } from './parse-events.ts'

export interface StreamOptions extends Pick<RequestOptions, 'signal'> {
  /** The id of the last event that you handled. The stream continues after it. */
  lastEventId?: string
}

/** After this many failures in a row, the error is thrown. With the waits between them, that is about two minutes. */
const maxFailures = 15

/**
 * Server-sent events (WHATWG HTML §9.2). After a lost connection, continues after the last event. Ends when the server says that
 * there will be no more events, or when the caller leaves the loop. Throws the reason of `signal` when that aborts.
 */
export async function * readEvents (
  api: Pick<Api, 'send' | 'url'>, path: string, { signal: given, lastEventId }: StreamOptions = {}
): AsyncGenerator<ServerEvent> {
  const leave = new AbortController()
  const signal = given === undefined ? leave.signal : AbortSignal.any([given, leave.signal])
  let reconnectMs = 1_000
  let failures = 0
  try {
    while (true) {
      let delayMs: number | undefined
      try {
        const response = await open(api, path, { lastEventId, signal })
        if (response === undefined) return
        for await (const item of parseEvents(response, signal)) {
          failures = 0
          if (typeof item === 'number') {
            reconnectMs = item
            continue
          }
          lastEventId = item.id ?? lastEventId
          yield item
        }
        delayMs = reconnectMs
      } catch (error) {
        signal.throwIfAborted()
        delayMs = retryDelayMs(error instanceof Refusal ? error.response : undefined, failures)
        failures++
        if (delayMs === undefined || failures > maxFailures) {
          throw error instanceof Refusal ? await error.toError() : toTransportError(error, api.url)
        }
      }
      await wait(delayMs, signal)
    }
  } finally {
    leave.abort()
  }
}

/** Undefined after the last event: 204 tells clients not to reconnect. */
async function open (
  api: Pick<Api, 'send'>, path: string, { lastEventId, signal }: { lastEventId: string | undefined, signal: AbortSignal }
): Promise<Response | undefined> {
  const headers = { accept: 'text/event-stream', ...lastEventId !== undefined && { 'last-event-id': lastEventId } }
  const response = await api.send(path, { headers, signal })
  if (response.status === 204) return undefined
  if (!response.ok) throw new Refusal(response)
  return response
}

/** A response that is no success. */
class Refusal {
  readonly response: Response

  constructor (response: Response) {
    this.response = response
  }

  async toError (): Promise<Error> {
    const text = await this.response.text()
    try {
      return toError(this.response, JSON.parse(text))
    } catch {
      return toError(this.response, text)
    }
  }
}
