import type { HostState } from '@carillon/shared/throttling'
import { findKeyAttention } from './find-key-attention.ts'
import { findStoreAttention } from './find-store-attention.ts'
import { findWorkerAttention } from './find-worker-attention.ts'
import type { ProviderStatus } from './read-providers.ts'
import type { Attention, Status } from './status.ts'

/** Deliveries that are due for longer wait for something. */
const maxWaitMs = 60_000

/** What needs a person's attention, errors first. A rate limit does not: it ends by itself. */
export function findAttention (status: Status): Attention[] {
  const found = [
    ...findWorkerAttention(status),
    ...status.providers.flatMap((provider) => findProviderAttention(provider, status)),
    ...findPlanningAttention(status),
    ...findStoreAttention(status),
    ...findKeyAttention(status)
  ]
  return [...found.filter(({ severity }) => severity === 'error'), ...found.filter(({ severity }) => severity === 'warning')]
}

function findProviderAttention ({ id, name, hosts, waiting }: ProviderStatus, { now, workers }: Status): Attention[] {
  const failing = hosts.filter(({ breaker }) => breaker !== 'closed')
  const own = failing.find(({ host }) => host === '')
  if (own?.isMisconfigured === true) {
    return [{
      severity: 'error',
      subject: id,
      explanation: `${name} ${own.openedAt === null ? 'refuses' : 'has refused'} this deployment${since(own)}. The reason is: ${reasonOf(own)}. ${count(waiting.due + waiting.broadcast)}.`,
      nextStep: `Correct the configuration of ${name}, then restart the API and the worker.`
    }]
  }
  if (own !== undefined) {
    return [{
      severity: 'warning',
      subject: id,
      explanation: `${name} ${own.openedAt === null ? 'is' : 'has been'} failing${since(own)}. The reason is: ${reasonOf(own)}. ${count(waiting.due + waiting.broadcast)}.`,
      nextStep: `Check that ${name} is reachable from the workers. Carillon tests it by itself and continues when it works again.`
    }]
  }
  const isLimited = hosts.some(({ host, silentUntil }) => host === '' && silentUntil !== null && silentUntil > now)
  // Without a worker, or with a worker for other providers only, another message says so.
  const isServed = workers.some(({ isAlive, providers }) => isAlive && providers.includes(id))
  const late = waiting.oldestDueAt === null ? 0 : now.getTime() - waiting.oldestDueAt.getTime()
  if (isLimited || !isServed || late <= maxWaitMs) return []
  return [{
    severity: 'warning',
    subject: id,
    explanation: `${count(waiting.due + waiting.broadcast)}, and the oldest of them has been due since ${waiting.oldestDueAt?.toISOString() ?? ''}.`,
    nextStep: failing.length > 0
      ? `Check the hosts of ${name} that do not respond. If they respond, start more workers.`
      : 'Check the log of the workers, and start more of them if they are busy.'
  }]
}

function findPlanningAttention ({ unplanned: { number, oldestAt }, now, workers }: Status): Attention[] {
  if (oldestAt === null || now.getTime() - oldestAt.getTime() <= maxWaitMs || !workers.some(({ isAlive }) => isAlive)) return []
  return [{
    severity: 'warning',
    subject: 'workers',
    explanation: `${number === 1 ? 'One broadcast is' : `${number} broadcasts are`} due and not planned yet, the oldest since ${oldestAt.toISOString()}.`,
    nextStep: 'Check the log of the workers.'
  }]
}

function since ({ openedAt }: HostState): string {
  return openedAt === null ? '' : ` since ${openedAt.toISOString()}`
}

function reasonOf ({ reason }: HostState): string {
  return reason?.replace(/[.\s]+$/, '') ?? 'unknown'
}

function count (deliveries: number): string {
  return deliveries === 1 ? 'One delivery waits' : `${deliveries} deliveries wait`
}
