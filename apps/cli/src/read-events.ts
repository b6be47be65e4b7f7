import { createParser } from 'eventsource-parser'

export interface ServerEvent {
  event: string
  id: string | undefined
  data: string
}

/** Parses a text/event-stream as it arrives. */
export async function * readEvents (stream: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  let read: ServerEvent[] = []
  const parser = createParser({
    onEvent: ({ event = 'message', id, data }) => { read.push({ event, id, data }) }
  })
  const decoder = new TextDecoder()
  for await (const chunk of stream) {
    parser.feed(decoder.decode(chunk, { stream: true }))
    yield * read
    read = []
  }
}
