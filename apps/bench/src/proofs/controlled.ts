import { setTimeout as sleep } from 'node:timers/promises'
import type { Carillon } from '../environment/carillon.ts'
import { CountError, countRows, expectSame } from '../environment/check-counts.ts'
import { until } from '../environment/until.ts'
import { sumOf, untilOver, untilPushes } from './expect-everyone.ts'
import { unhurried, withCarillon } from './proof.ts'
import type { Proof } from './proof.ts'

/** No push may arrive for this time during the pause, in which reconcile runs twice. */
const quietMs = 2_500

export const controlled: Proof = {
  name: 'controlled',
  about: 'paused, resumed and canceled in the middle, everybody is accounted for each time',
  run: (context, options, say) => withCarillon(context, options, unhurried(options, 10), async (carillon) => {
    const { people } = options
    const { simulator } = context
    const startedAt = Date.now()
    const id = await carillon.notify({ everyone: true })

    await untilPushes(context, carillon, Math.ceil(people / 4))
    await carillon.control(id, 'pause')
    await nothingHeld(carillon)
    const paused = await accountedFor(carillon, id, 'paused')
    const before = await simulator.counts()
    expectSame('pushes of what is paused', before, { distinct: paused['sent'] ?? 0 })
    say(`controlled: paused after ${before.distinct} pushes`)
    await sleep(quietMs)
    expectSame('pushes while it is paused', await simulator.counts(), before)
    await accountedFor(carillon, id, 'paused')

    await carillon.control(id, 'resume')
    await accountedFor(carillon, id, 'sending')
    await untilPushes(context, carillon, Math.ceil(people / 2))
    await carillon.control(id, 'cancel')
    await untilOver(context, carillon, id, 'canceled')
    const { sent = 0, canceled = 0, ...others } = await accountedFor(carillon, id, 'canceled')
    say(`controlled: canceled after ${sent} pushes`)
    const seconds = (Date.now() - startedAt) / 1000
    expectSame('sent, canceled and anything else', { everybody: sent + canceled, ...others }, { everybody: people })
    expectSame('deliveries', await countRows(carillon), { sent, canceled })
    if (canceled === 0) throw new CountError(`canceled: 0 of ${people}, where some were due`)
    const { distinct, repeated } = await simulator.counts()
    expectSame('guids at the simulator', { distinct, repeated }, { distinct: sent })
    return { sent, canceled, repeated, seconds, 'paused at': before.distinct }
  })
}

/** The counts, whose sum must be the size of the audience. */
async function accountedFor (carillon: Carillon, id: string, expected: string): Promise<Record<string, number>> {
  const { status, counts } = await carillon.status(id)
  expectSame(`who is accounted for when it is ${expected}`, { status, everybody: sumOf(counts) }, { status: expected, everybody: carillon.people.length })
  return counts
}

/** Waits until the deliveries that were being sent at the pause are settled. */
async function nothingHeld (carillon: Carillon): Promise<void> {
  await until(async () => {
    const [{ held }] = await carillon.database.sql<[{ held: number }]>`select count(*)::int as held from claims`
    return held === 0
  }, { everyMs: 50, patienceMs: 60_000, describe: async () => JSON.stringify(await countRows(carillon)) })
}
