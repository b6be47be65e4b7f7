import { eventQueueName, hasNewEvents } from '@carillon/shared/endpoints'
import type { EventJob } from '@carillon/shared/endpoints'
import { watchEvents } from '@carillon/shared/events'
import { logRepeats } from '@carillon/shared/log'
import type { Runtime } from '@carillon/shared/runtime'
import { createEventPump } from './event-pump.ts'
import type { EventPump, EventPumpServices } from './event-pump.ts'

const lockMs = 30_000

/**
 * Sends events as soon as they are committed: PostgreSQL notifies every worker. Jobs wake a worker for the next attempts and for
 * events that are sent again.
 */
export function startEvents (
  { queueBackend }: Pick<Runtime, 'queueBackend'>, services: EventPumpServices
): EventPump {
  const { database, log } = services
  const pump = createEventPump(services)
  const onError = logRepeats(log, 'warn', 'could not send events')
  const worker = queueBackend.openWorker<EventJob>(eventQueueName, pump.wake, { concurrency: 1, lockMs })
  const watch = watchEvents(services, () => hasNewEvents(database))
  watch.subscribe((hasNew) => { if (hasNew) pump.wake().catch(onError) })
  return {
    wake: pump.wake,
    close: async () => {
      watch.close()
      await worker.close()
      await pump.close()
    }
  }
}
