import { createParser } from 'eventsource-parser'
import { wait } from '../api/wait.ts'

export interface ServerEvent {
  type: string
  id: string | undefined
  data: string
}

/** The API sends at least a comment every 15 seconds. */
const maxSilenceMs = 45_000

/** The events of one response as they arrive, and its reconnection times as numbers. Throws when the stream is silent. */
export async function * parseEvents ({ body }: Response, signal: AbortSignal): AsyncGenerator<ServerEvent | number> {
  if (body === null) return
  const read: Array<ServerEvent | number> = []
  const parser = createParser({
    onEvent: ({ event = 'message', id, data }) => { read.push({ type: event, id, data }) },
    onRetry: (milliseconds) => { read.push(milliseconds) }
  })
  const reader = body.getReader()
  const decoder = new TextDecoder()
  try {
    while (true) {
      const { done, value } = await withinSilence(reader.read(), signal)
      if (done) return
      parser.feed(decoder.decode(value, { stream: true }))
      yield * read.splice(0)
    }
  } finally {
    // Closes the connection, which may be lost already.
    await reader.cancel().catch(() => {})
  }
}

async function withinSilence<Chunk> (chunk: Promise<Chunk>, signal: AbortSignal): Promise<Chunk> {
  const timer = new AbortController()
  const silence = wait(maxSilenceMs, AbortSignal.any([timer.signal, signal])).then(() => {
    throw new DOMException('The stream is silent', 'TimeoutError')
  })
  try {
    return await Promise.race([chunk, silence])
  } finally {
    timer.abort()
  }
}
