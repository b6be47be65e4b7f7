import { setTimeout } from 'node:timers/promises'
import { createEndpointClient } from '@carillon/shared/endpoints'
import type { AttemptResult } from '@carillon/shared/endpoints'
import type { SiteEvent } from '../operator/events-api.ts'

/** One request to the program, and how long until the next one, if there is one. */
export interface ForwardAttempt extends Pick<AttemptResult, 'status' | 'error' | 'durationMs'> {
  eventId: string
  attempt: number
  retryInMs: number | null
}

export interface Forwarder {
  /** Starts to send an event. Resolves when there is room for another one. */
  forward: (event: SiteEvent) => Promise<void>
  /** Waits for the running requests. */
  close: () => Promise<void>
}

export interface ForwarderOptions {
  url: string
  secret: string
  /** Ends the requests and the waits between them. */
  signal: AbortSignal
  onAttempt: (attempt: ForwardAttempt) => void
}

/** As many as a worker sends to one endpoint at a time. */
const maxRunning = 8
/** A program that restarts is back within seconds. */
const retryWaitsMs = [1_000, 2_000, 4_000, 8_000, 15_000]
/** A proxy in front of a program that does not run responds with these. */
const proxyErrors = [502, 503, 504]

/** Sends events to one URL as a worker does, but tries again only while the program does not run. */
export function createForwarder ({ url, secret, signal, onAttempt }: ForwarderOptions): Forwarder {
  const client = createEndpointClient({ allowPrivateHosts: [hostOf(url)], allowsLoopback: true, now: Date.now })
  const running = new Set<Promise<void>>()

  return {
    async forward (event) {
      const sending = send(event).finally(() => running.delete(sending))
      running.add(sending)
      while (running.size >= maxRunning) await Promise.race(running)
    },
    async close () {
      await Promise.all(running)
      await client.close()
    }
  }

  async function send (event: SiteEvent): Promise<void> {
    const request = { url, id: event.id, body: JSON.stringify(event), secrets: [secret] }
    for (let attempt = 1; !signal.aborted; attempt++) {
      const { status, error, durationMs, isAborted } = await client.send(request, signal)
      if (isAborted === true) return
      const isAway = status === null || proxyErrors.includes(status)
      const retryInMs = isAway ? retryWaitsMs[attempt - 1] ?? null : null
      onAttempt({ eventId: event.id, attempt, status, durationMs, error, retryInMs })
      if (retryInMs === null) return
      await setTimeout(retryInMs, undefined, { signal }).catch(() => {})
    }
  }
}

/** The developer chose the host, so it may be any. */
function hostOf (url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '')
}
