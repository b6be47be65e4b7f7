import type { FastifyPluginAsync } from 'fastify'
import { Problem } from '../problems/problem.ts'
import type { Services } from '../services.ts'

const patienceMs = 2_000

/** `/healthz`: the process answers. `/readyz`: so do the database and the queue. Neither needs a token. */
export function healthRoutes ({ database, queueBackend, log }: Services): FastifyPluginAsync {
  const parts: Record<string, () => PromiseLike<unknown>> = {
    database: () => database.sql`select 1`,
    queue: () => queueBackend.ping()
  }
  return async (app) => {
    app.get('/healthz', { schema: { hide: true } }, async () => ({ status: 'ok' }))

    app.get('/readyz', { schema: { hide: true } }, async () => {
      const asked = await Promise.all(Object.entries(parts).map(async ([name, ask]) => ({ name, ok: await answers(name, ask) })))
      const silent = asked.filter(({ ok }) => !ok).map(({ name }) => name)
      if (silent.length > 0) throw new Problem('notReady', `No answer from: ${silent.join(', ')}`)
      return { status: 'ok' }
    })
  }

  async function answers (name: string, ask: () => PromiseLike<unknown>): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer in ${patienceMs} ms`)), patienceMs)
    })
    try {
      await Promise.race([ask(), timeout])
      return true
    } catch (error) {
      log.warn({ err: error, part: name }, 'not ready')
      return false
    } finally {
      clearTimeout(timer)
    }
  }
}
