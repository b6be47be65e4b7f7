import { openCarillon, usualBackend } from '../environment/carillon.ts'
import { checkCounts, countRows } from '../environment/check-counts.ts'
import { startWatch } from '../environment/stopwatch.ts'
import { until } from '../environment/until.ts'
import { clients, singleBodies } from '../single-bodies.ts'
import { rate, share } from './measure.ts'
import type { Measure } from './measure.ts'

export interface SinglesResult {
  perSecond: number
  statementsPerDelivery: number
  workerBusy: number
}

const warmUp = 500

/** Single notifications under load, from the request to the `sent` row. They are accepted and delivered at the same time. */
export const singles: Measure<SinglesResult> = {
  name: 'single notifications, accepted and sent',

  async run (environment) {
    const { singles: count } = environment.sizes
    const { small } = environment.sizes.growth
    const carillon = await openCarillon(environment, { backend: usualBackend(environment), audience: small })
    const loop = environment.startLoop('post-loop')
    const postAndWait = async (count: number, total: number): Promise<void> => {
      await loop.ask({
        origin: carillon.apiUrl, path: '/v1/notifications', token: carillon.key, bodies: singleBodies(carillon.people, count), clients
      })
      await until(async () => (await environment.simulator.counts()).distinct >= total, {
        everyMs: 20, patienceMs: 120_000, describe: async () => `deliveries ${JSON.stringify(await countRows(carillon))}`
      })
    }
    try {
      await loop.ready
      await postAndWait(warmUp, warmUp)
      await carillon.database.resetStatements()
      const stop = await startWatch([carillon.worker])
      await postAndWait(count, warmUp + count)
      const { ms, used: [worker] } = await stop()
      // The last deliveries are settled just after they are sent. Queries for that would count as statements.
      const statements = await carillon.database.statements()
      await until(async () => (await countRows(carillon))['sent'] === warmUp + count, {
        everyMs: 100, patienceMs: 30_000, describe: async () => `deliveries ${JSON.stringify(await countRows(carillon))}`
      })
      await checkCounts(environment, carillon, { sent: warmUp + count })
      return { perSecond: count / ms * 1000, statementsPerDelivery: statements / count, workerBusy: worker?.busy ?? 0 }
    } finally {
      await loop.stop()
      await carillon.close()
    }
  },

  tell: ({ perSecond, statementsPerDelivery, workerBusy }) => ({
    rate: rate(perSecond), 'worker busy': share(workerBusy), 'statements/delivery': statementsPerDelivery.toFixed(3)
  })
}
