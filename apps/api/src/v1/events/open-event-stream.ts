import type { PassThrough } from 'node:stream'
import { readEvents } from '@carillon/shared/events'
import type { EventFilter, EventWatch } from '@carillon/shared/events'
import type { Services } from '../../services.ts'
import { onceOver, openSseStream } from '../sse-stream.ts'

interface StreamServices extends Pick<Services, 'database' | 'log'> {
  /** Its check returns the last position of all events. */
  watch: EventWatch<number>
}

const eventsPerRead = 100

/** A stream of the events after a position. It reads from the database only what its client has room for. */
export function openEventStream (
  { database, watch, log }: StreamServices, { after, ...filter }: EventFilter & { after: number }
): PassThrough {
  const stream = openSseStream()
  let position = after
  /** Positions are assigned up to here. Unknown until the first event after the start. */
  let head: number | undefined
  let isReading = false
  let hasNews = true
  const unsubscribe = watch.subscribe((current) => {
    if (current <= position) return
    head = current
    read()
  })
  stream.on('drain', read)
  onceOver(stream, unsubscribe)
  read()
  return stream

  function read (): void {
    hasNews = true
    if (isReading) return
    isReading = true
    readAll()
      .catch((error: unknown) => log.warn({ err: error }, 'could not read events for a stream'))
      .finally(() => { isReading = false })
  }

  async function readAll (): Promise<void> {
    while (hasNews && !stream.writableNeedDrain && !stream.writableEnded && !stream.destroyed) {
      hasNews = false
      const { events, position: next } = await readEvents(database, { after: position, limit: eventsPerRead, head, ...filter })
      if (stream.writableEnded || stream.destroyed) return
      for (const event of events) stream.write(`event: ${event.type}\nid: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`)
      position = next
      if (events.length === eventsPerRead) hasNews = true
    }
  }
}
