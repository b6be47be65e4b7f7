import type { Database } from '@carillon/shared/db'
import { listWorkers } from '@carillon/shared/workers'
import { fault, ok } from './finding.ts'
import type { Finding } from './finding.ts'

/** Whether a worker is running. */
export async function checkWorkers (database: Database): Promise<Finding> {
  const workers = await listWorkers(database)
  const alive = workers.filter(({ isAlive }) => isAlive)
  if (alive.length > 0) return ok('worker', `${alive.length === 1 ? 'One worker runs' : `${alive.length} workers run`}.`)
  const last = workers.map(({ seenAt }) => seenAt.toISOString()).sort().at(-1)
  const before = last === undefined ? '' : ` The last one was last seen at ${last}.`
  return fault('worker', `No worker is running, so nothing is sent.${before}`, 'Start a worker, or check the log of the one that should run.')
}
