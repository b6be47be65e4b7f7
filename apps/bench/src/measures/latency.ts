import { setTimeout as sleep } from 'node:timers/promises'
import { randomUUID } from 'node:crypto'
import { callJson } from '../environment/call-json.ts'
import { guidOf, openCarillon, usualBackend } from '../environment/carillon.ts'
import type { Carillon } from '../environment/carillon.ts'
import type { Person } from '../environment/audience.ts'
import { checkCounts, countRows } from '../environment/check-counts.ts'
import type { Environment } from '../environment/bench-context.ts'
import { pushPath } from '../environment/simulator.ts'
import { nowMs } from '../environment/stopwatch.ts'
import { until } from '../environment/until.ts'
import { message } from '../message.ts'
import { percentile } from '../statistics.ts'
import { milliseconds } from './measure.ts'
import type { Measure } from './measure.ts'

export interface LatencyResult {
  p50Ms: number
  p99Ms: number
}

/** Sends one after the other, with a pause that keeps all processes idle in between. */
const pauseMs = 25
const warmUps = 10

/** The time from the site's request to the arrival of the push at the provider. */
export const latency: Measure<LatencyResult> = {
  name: 'latency of a direct send, idle',

  async run (environment) {
    const { latency: count } = environment.sizes
    const { small } = environment.sizes.growth
    const carillon = await openCarillon(environment, { backend: usualBackend(environment), audience: small })
    try {
      const result = await timeDirectSends(environment, carillon, count)
      const sent = count + warmUps
      await until(async () => (await countRows(carillon))['sent'] === sent, {
        everyMs: 20, patienceMs: 30_000, describe: async () => `deliveries ${JSON.stringify(await countRows(carillon))}`
      })
      await checkCounts(environment, carillon, { sent })
      return result
    } finally {
      await carillon.close()
    }
  },

  tell
}

/** The minimum latency of any service in between: a request to a route that only responds, then one to the provider. */
export const bareLatency: Measure<LatencyResult> = {
  name: 'a request to a bare route, and one to the provider',

  async run ({ databases, simulator, sizes, people, startLoop }) {
    const database = await databases.create()
    const route = startLoop('bare-route')
    try {
      await route.ready
      const { url } = await route.ask<{ url: string }>({ databaseUrl: database.url })
      const [person] = await people(1)
      return summarize(await timeEach(sizes.latency, async () => {
        const guid = randomUUID()
        const startedAt = nowMs()
        await callJson('POST', `${url}/nothing`, { body: { audience: { userIds: ['ann'] }, message } })
        await callJson('POST', simulator.url + pushPath, { body: { ...message, guid }, token: person?.accessToken })
        return await simulator.arrival(guid) - startedAt
      }))
    } finally {
      await route.stop()
      await database.drop()
      await simulator.reset()
    }
  },

  tell
}

/** Measures direct sends to one person after the other. */
export async function timeDirectSends ({ simulator }: Environment, carillon: Carillon, count: number): Promise<LatencyResult> {
  const people = carillon.people.values()
  return summarize(await timeEach(count, async () => {
    const person: Person = people.next().value ?? noneLeft()
    const startedAt = nowMs()
    const id = await carillon.notify({ userIds: [person.userId] })
    return await simulator.arrival(guidOf(id, person)) - startedAt
  }))
}

async function timeEach (count: number, once: () => Promise<number>): Promise<number[]> {
  const times: number[] = []
  for (let done = -warmUps; done < count; done++) {
    const ms = await once()
    if (done >= 0) times.push(ms)
    await sleep(pauseMs)
  }
  return times
}

function summarize (times: number[]): LatencyResult {
  return { p50Ms: percentile(times, 50), p99Ms: percentile(times, 99) }
}

function tell ({ p50Ms, p99Ms }: LatencyResult): Record<string, string> {
  return { p50: milliseconds(p50Ms), p99: milliseconds(p99Ms) }
}

function noneLeft (): never {
  throw new Error('There are not enough people')
}
