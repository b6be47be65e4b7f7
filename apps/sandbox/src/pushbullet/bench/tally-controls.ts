import type { FastifyInstance } from 'fastify'
import { ControlError } from '../../control/control-error.ts'
import type { Latency } from '../../kit/latency.ts'
import type { Tally } from './tally.ts'

const MAX_WAIT_MS = 30_000
const latencySchema = {
  type: 'object', properties: { medianMs: { type: 'integer', minimum: 0, maximum: 60_000 } }, required: ['medianMs'], additionalProperties: false
}

/** The control calls of a benchmark. */
export function tallyControls (app: FastifyInstance, tally: Tally, latency: Latency): void {
  app.get<{ Params: { guid: string } }>('/arrivals/:guid', async (request) => {
    const atMs = await tally.arrival(request.params.guid, MAX_WAIT_MS)
    if (atMs === undefined) throw new ControlError(`no push arrived with the guid ${request.params.guid} within ${MAX_WAIT_MS} ms`)
    return { atMs }
  })

  app.delete('/tally', async () => {
    tally.reset()
    return { reset: true }
  })
  app.post<{ Body: { medianMs: number } }>('/latency', { schema: { body: latencySchema } }, async ({ body: { medianMs } }) => {
    latency.setMedian(medianMs)
    return { medianMs }
  })
}
