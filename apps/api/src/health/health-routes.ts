import { checkReady } from '@carillon/shared/db'
import { logRepeats } from '@carillon/shared/log'
import { createReadiness } from '@carillon/shared/stores'
import type { FastifyPluginAsync } from 'fastify'
import { Problem } from '../problems/problem.ts'
import type { Services } from '../services.ts'

/**
 * `/healthz`: the process responds. `/readyz`: the program can use the tables, they accept a write, and the queue accepts a job.
 * Both need no token.
 */
export function healthRoutes ({ database, queueBackend, log }: Services): FastifyPluginAsync {
  const findFaults = createReadiness({
    checkDatabase: () => checkReady(database),
    checkQueue: () => queueBackend.check(),
    queueKind: queueBackend.kind,
    onError: logRepeats(log, 'warn', 'not ready')
  })
  return async (app) => {
    app.get('/healthz', { config: { cost: 0 }, schema: { hide: true } }, async () => ({ status: 'ok' }))

    app.get('/readyz', { config: { cost: 0 }, schema: { hide: true } }, async () => {
      const faults = await findFaults()
      if (faults.length > 0) throw new Problem('notReady', faults.join(' '), { headers: { 'retry-after': '5' } })
      return { status: 'ok' }
    })
  }
}
