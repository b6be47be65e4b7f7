import type { WorkerState } from '@carillon/shared/workers'
import { describeAhead, isClockWrong } from './clock-differences.ts'
import type { ProviderStatus } from './read-providers.ts'
import type { Attention, Status } from './status.ts'

/** What is wrong with the workers. */
export function findWorkerAttention ({ version, workers, providers }: Status): Attention[] {
  const alive = workers.filter(({ isAlive }) => isAlive)
  const lost = workers.filter(({ isAlive }) => !isAlive)
  if (alive.length === 0) return [explainNoWorker(lost)]
  return [
    ...lost.map((worker): Attention => ({
      severity: 'warning',
      subject: 'workers',
      explanation: `The worker ${nameOf(worker)} was last seen at ${worker.seenAt.toISOString()}, and ended without shutting down.`,
      nextStep: 'Check its log and its machine. The other workers take over its deliveries.'
    })),
    ...alive.filter((worker) => worker.version !== version).map((worker): Attention => ({
      severity: 'warning',
      subject: 'workers',
      explanation: `The worker ${nameOf(worker)} runs version ${worker.version}, and the API ${version}.`,
      nextStep: 'Run the same version everywhere.'
    })),
    ...alive.filter(({ clockAheadMs }) => isClockWrong(clockAheadMs ?? 0)).map((worker): Attention => ({
      severity: 'warning',
      subject: 'workers',
      explanation: `The clock of the worker ${nameOf(worker)} is ${describeAhead(worker.clockAheadMs ?? 0)} the clock of PostgreSQL.`,
      nextStep: 'Synchronize the clocks of both machines with NTP.'
    })),
    ...providers.filter(isUnserved).map((provider): Attention => ({
      severity: 'error',
      subject: provider.id,
      explanation: `No worker sends through ${provider.name}, although the API offers it.`,
      nextStep: `Give the workers the same variables of ${provider.name} as the API, and restart them.`
    }))
  ]

  function isUnserved ({ canSend, id }: ProviderStatus): boolean {
    return canSend && !alive.some((worker) => worker.providers.includes(id))
  }
}

function explainNoWorker (lost: WorkerState[]): Attention {
  const [last] = [...lost].sort((one, other) => other.seenAt.getTime() - one.seenAt.getTime())
  const before = last === undefined ? '' : ` The last one, ${nameOf(last)}, was last seen at ${last.seenAt.toISOString()}.`
  return {
    severity: 'error',
    subject: 'workers',
    explanation: `No worker is running, so nothing is sent.${before}`,
    nextStep: 'Start a worker, or check the log of the one that should run.'
  }
}

function nameOf ({ host, pid }: WorkerState): string {
  return `${host} (process ${pid})`
}
