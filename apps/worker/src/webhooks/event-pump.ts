import { groupCalls, publicId, retryWithLongTimeout } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import {
  claimEvents, disableEndpoint, enqueueEvents, fanOutEvents, maxFailingMs, openSecrets, settleEvents
} from '@carillon/shared/endpoints'
import type { AttemptResult, ClaimedEvent, EndpointClient, EventJob, SentEvent } from '@carillon/shared/endpoints'
import type { Log } from '@carillon/shared/log'
import type { WorkerMetrics } from '@carillon/shared/metrics'
import type { JobQueue } from '@carillon/shared/queue'
import type { Tracing } from '@carillon/shared/tracing'
import { VaultError } from '@carillon/shared/vault'
import type { Vault } from '@carillon/shared/vault'
import { activeSecrets } from '@carillon/shared/webhooks'
import { traceEvent } from './trace-event.ts'

export interface EventPumpServices {
  database: Database
  vault: Vault
  endpointClient: EndpointClient
  eventQueue: Pick<JobQueue<EventJob>, 'add'>
  log: Log
  tracing?: Tracing | undefined
  metrics: Pick<WorkerMetrics, 'countWebhookDeliveries'>
  /** Milliseconds since the epoch. */
  now: () => number
  stopping: AbortSignal
  aborting: AbortSignal
}

/** Sends the events that are due to the endpoints of the site. */
export interface EventPump {
  /** Resolves after a round that starts from now on: what is due is being sent, except to endpoints that have no room. */
  wake: () => Promise<void>
  /** Waits for the running requests. */
  close: () => Promise<void>
}

/** Concurrent requests to one endpoint from this process, so that a slow endpoint holds only its own events. */
const perEndpoint = 8
/** A request takes at most 15 seconds, and its result is stored at once. */
const leaseMs = 60_000

/**
 * PostgreSQL holds what is due and under a lease. Whatever wakes the pump may be lost or repeated: a notification of PostgreSQL,
 * a job, or the regular check.
 */
export function createEventPump (services: EventPumpServices): EventPump {
  const { database, vault, endpointClient, eventQueue, log, tracing, metrics, now, stopping, aborting } = services
  const inFlight = new Map<string, number>()
  /** Endpoints that had no room for more at the last claim. */
  const full = new Set<string>()
  const requests = new Set<Promise<void>>()
  const settle = groupCalls(settleAll)
  /** The latest round, and the one that has not started. */
  let round = Promise.resolve()
  let next: Promise<void> | undefined

  return {
    wake,
    close: async () => {
      await round.catch(() => {})
      await Promise.all(requests)
    }
  }

  /** A wake-up during a round makes another round follow, because the first may have read before the event was committed. */
  function wake (): Promise<void> {
    if (next === undefined) {
      next = round.catch(() => {}).then(runRound)
      round = next
    }
    return next
  }

  async function runRound (): Promise<void> {
    next = undefined
    if (stopping.aborted) return
    await fanOutEvents(database, now())
    await claim()
  }

  async function claim (): Promise<void> {
    const room = new Map([...inFlight].map(([endpointId, busy]) => [endpointId, perEndpoint - busy]))
    const claimed = await claimEvents(database, { now: now(), leaseMs, perEndpoint, room })
    const counts = new Map<string, number>()
    for (const { endpointId } of claimed) counts.set(endpointId, (counts.get(endpointId) ?? 0) + 1)
    for (const endpointId of new Set([...room.keys(), ...counts.keys()])) {
      if ((counts.get(endpointId) ?? 0) === (room.get(endpointId) ?? perEndpoint)) full.add(endpointId)
      else full.delete(endpointId)
    }
    for (const one of claimed) start(one)
  }

  function start (claimed: ClaimedEvent): void {
    const { endpointId, eventId } = claimed
    inFlight.set(endpointId, (inFlight.get(endpointId) ?? 0) + 1)
    const request = send(claimed)
      .catch((error: unknown) => log.error({ err: error, endpointId, eventId }, 'could not send an event; it waits for the end of its lease'))
      .finally(() => {
        requests.delete(request)
        leave(endpointId)
      })
    requests.add(request)
  }

  /** More events may wait for an endpoint that was full. */
  function leave (endpointId: string): void {
    const busy = inFlight.get(endpointId) ?? 1
    if (busy === 1) inFlight.delete(endpointId)
    else inFlight.set(endpointId, busy - 1)
    if (full.has(endpointId)) wake().catch((error: unknown) => log.warn({ err: error }, 'could not claim events'))
  }

  async function send (claimed: ClaimedEvent): Promise<void> {
    const { endpointId, url, event: { id, type } } = claimed
    const result = await traceEvent(tracing, claimed, () => attempt(claimed))
    await settle({ claimed, result, at: now() })
    const { status, error, durationMs, isAborted } = result
    if (isAborted === true) return
    const line = { endpointId: publicId('endpoint', endpointId), host: new URL(url).host, eventId: id, type, status, durationMs }
    if (error === null) log.debug(line, 'event sent')
    else log.info({ ...line, attempts: claimed.attempts + 1 }, 'event not accepted')
  }

  async function attempt ({ endpointId, url, secrets, event }: ClaimedEvent): Promise<AttemptResult> {
    if (stopping.aborted) return { status: null, durationMs: 0, error: 'the worker is stopping', isAborted: true }
    const signing = openSigning(endpointId, secrets)
    if (signing instanceof VaultError) return { status: null, durationMs: 0, error: `the secret cannot be opened: ${signing.message}` }
    return await endpointClient.send({ url, id: event.id, body: JSON.stringify(event), secrets: signing }, aborting)
  }

  function openSigning (endpointId: string, sealed: string): readonly string[] | VaultError {
    try {
      return activeSecrets(openSecrets(vault, endpointId, sealed), now())
    } catch (error) {
      if (error instanceof VaultError) return error
      throw error
    }
  }

  async function settleAll (sent: SentEvent[]): Promise<undefined[]> {
    const { outcomes, nextAttemptAt, failing } = await settleEvents(database, sent)
    metrics.countWebhookDeliveries(outcomes)
    for (const { endpointId, url, failingSince, isGone } of failing) {
      const reason = isGone ? 'gone' : failingSince + maxFailingMs <= now() ? 'failing' : undefined
      if (reason === undefined) continue
      if (!await retryWithLongTimeout(database, (own) => disableEndpoint(own, endpointId, { reason, url }))) continue
      log.warn({ endpointId: publicId('endpoint', endpointId), reason }, 'disabled an endpoint')
    }
    if (nextAttemptAt !== undefined) {
      await enqueueEvents(eventQueue, nextAttemptAt - now())
        .catch((error: unknown) => log.warn({ err: error }, 'could not schedule events; the regular check finds them'))
    }
    return sent.map(() => undefined)
  }
}
