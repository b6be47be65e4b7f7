import type { FastifyInstance } from 'fastify'
import { ControlError } from '../../control/control-error.ts'
import type { Tally } from './tally.ts'

const LONGEST_WAIT_MS = 30_000

/** What a benchmark asks besides the counts. */
export function tallyControls (app: FastifyInstance, tally: Tally): void {
  app.get<{ Params: { guid: string } }>('/arrivals/:guid', async (request) => {
    const atMs = await tally.arrival(request.params.guid, LONGEST_WAIT_MS)
    if (atMs === undefined) throw new ControlError(`no push came under the guid ${request.params.guid} within ${LONGEST_WAIT_MS} ms`)
    return { atMs }
  })

  app.delete('/tally', async () => {
    tally.reset()
    return { reset: true }
  })
}
