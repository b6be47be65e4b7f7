import { openCarillon, usualBackend } from '../environment/carillon.ts'
import { countRows, expectSame } from '../environment/check-counts.ts'
import { startWatch } from '../environment/stopwatch.ts'
import { clients, singleBodies } from '../single-bodies.ts'
import { micros, rate, share } from './measure.ts'
import type { Measure } from './measure.ts'

export interface AcceptResult {
  perSecond: number
  serverBusy: number
  /** CPU time per request of all threads of the process. */
  serverUs: number
}

/** Single notifications to the API. No worker runs, because it would use a part of the machine. */
export const accept: Measure<AcceptResult> = {
  name: 'accepting single notifications',

  async run (environment) {
    const { accept: count } = environment.sizes
    const warmUp = warmUpOf(count)
    const { small: audience } = environment.sizes.growth
    const carillon = await openCarillon(environment, { backend: usualBackend(environment), audience, workers: 0 })
    const loop = environment.startLoop('post-loop')
    try {
      await loop.ready
      const post = (count: number) => loop.ask({
        origin: carillon.apiUrl, path: '/v1/notifications', token: carillon.key, bodies: singleBodies(carillon.people, count), clients
      })
      await post(warmUp)
      const stop = await startWatch([carillon.api])
      await post(count)
      const { ms, used: [api] } = await stop()
      expectSame('deliveries', await countRows(carillon), { queued: count + warmUp })
      return { perSecond: count / ms * 1000, serverBusy: api?.busy ?? 0, serverUs: (api?.cpuMs ?? 0) / count * 1000 }
    } finally {
      await loop.stop()
      await carillon.close()
    }
  },

  tell
}

export const bareAccept: Measure<AcceptResult> = {
  name: 'a bare route with one INSERT',

  async run (environment) {
    const { accept: count } = environment.sizes
    const warmUp = warmUpOf(count)
    const database = await environment.databases.create()
    const [route, loop] = [environment.startLoop('bare-route'), environment.startLoop('post-loop')]
    try {
      await Promise.all([route.ready, loop.ready])
      const people = await environment.people(environment.sizes.growth.small)
      const { url } = await route.ask<{ url: string }>({ databaseUrl: database.url })
      const post = (count: number) => loop.ask({ origin: url, path: '/insert', token: 'none', bodies: singleBodies(people, count), clients })
      await post(warmUp)
      const stop = await startWatch([route])
      await post(count)
      const { ms, used: [own] } = await stop()
      const [row] = await database.sql<Array<{ number: number }>>`select count(*)::int as number from bare`
      expectSame('rows', { rows: row?.number }, { rows: count + warmUp })
      return { perSecond: count / ms * 1000, serverBusy: own?.busy ?? 0, serverUs: (own?.cpuMs ?? 0) / count * 1000 }
    } finally {
      await Promise.all([route.stop(), loop.stop()])
      await database.drop()
    }
  },

  tell
}

function tell ({ perSecond, serverBusy, serverUs }: AcceptResult): Record<string, string> {
  return { rate: rate(perSecond), 'server busy': share(serverBusy), 'CPU/request': micros(serverUs) }
}

/**
 * The number of requests before the measurement. Until Node has compiled the code, a request costs several times as much. A
 * bare route needs five thousand requests, and the API ten thousand.
 */
function warmUpOf (count: number): number {
  return Math.ceil(count * 2 / 3)
}
