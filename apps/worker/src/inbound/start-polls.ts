import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { pollMessages, releasePoll } from '@carillon/shared/inbound'
import type { InboundServices } from '@carillon/shared/inbound'
import { logRepeats } from '@carillon/shared/log'
import { ProviderError } from '@carillon/shared/providers'
import type { InboundReader, Provider, RequestContext } from '@carillon/shared/providers'
import { limitTime } from '../limit-time.ts'

export interface PollServices extends InboundServices, Omit<RequestContext, 'signal'> {
  /** Aborts when the worker is asked to stop. */
  stopping: AbortSignal
}

const requestMs = 60_000
/** How often a process that does not poll checks whether it has to, and the wait after an error. */
const waitMs = 3_000

/**
 * Polls the providers that hold their messages until they are asked, and registers the address where others send them. One
 * process of the deployment polls at a time. `close` waits for the requests that run.
 */
export function startPolls (services: PollServices): { close: () => Promise<void> } {
  const loops = [...services.providers.values()].flatMap((provider) => {
    const { poll, register } = provider.inbound ?? {}
    return [
      ...poll === undefined ? [] : [pollUntilStopped(services, provider, poll)],
      ...register === undefined ? [] : [registerOnce(services, provider, register)]
    ]
  })
  return { close: async () => { await Promise.all(loops) } }
}

async function pollUntilStopped (
  services: PollServices, provider: Provider, poll: NonNullable<InboundReader['poll']>
): Promise<void> {
  const { database, log, stopping } = services
  const owner = randomUUID()
  const onError = logRepeats(log, 'warn', 'could not poll a provider')
  while (!stopping.aborted) {
    try {
      const isLeader = await withContext(services, (context) =>
        pollMessages(services, { provider: provider.id, owner, poll }, context))
      if (!isLeader) await pause(waitMs, stopping)
    } catch (error) {
      if (stopping.aborted) break
      onError(error)
      await pause(delayAfter(error, services.now()), stopping)
    }
  }
  await releasePoll(database, provider.id, owner).catch(onError)
}

async function registerOnce (
  services: PollServices, provider: Provider, register: NonNullable<InboundReader['register']>
): Promise<void> {
  const { log, stopping } = services
  const onError = logRepeats(log, 'warn', 'could not register for messages')
  while (!stopping.aborted) {
    try {
      await withContext(services, register)
      log.info({ provider: provider.id }, 'registered for messages')
      return
    } catch (error) {
      if (stopping.aborted) return
      onError(error)
      await pause(delayAfter(error, services.now()), stopping)
    }
  }
}

async function withContext<Result> (
  { http, now, registrations, stopping }: PollServices, work: (context: RequestContext) => Promise<Result>
): Promise<Result> {
  const { signal, release } = limitTime(requestMs, stopping)
  try {
    return await work({ http, now, registrations, signal })
  } finally {
    release()
  }
}

function delayAfter (error: unknown, now: number): number {
  const failure = error instanceof ProviderError ? error.failure : undefined
  return failure?.kind === 'rateLimited' ? Math.max(waitMs, failure.retryAt - now) : waitMs
}

async function pause (delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(delayMs, undefined, { signal }).catch(() => {})
}
