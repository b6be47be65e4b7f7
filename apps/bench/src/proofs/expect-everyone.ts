import type { Carillon, NotificationProgress } from '../environment/carillon.ts'
import { toUuid } from '../environment/carillon.ts'
import { countRows, expectSame } from '../environment/check-counts.ts'
import type { BenchContext } from '../environment/bench-context.ts'
import { until } from '../environment/until.ts'

const leastPatienceMs = 180_000
const leastPerSecond = 200

/** Waits until the simulator has received this many different pushes. */
export async function untilPushes ({ simulator }: BenchContext, carillon: Carillon, count: number): Promise<void> {
  await until(async () => (await simulator.counts()).distinct >= count, {
    everyMs: 10, patienceMs: patienceFor(count), describe: () => describe(simulator, carillon, `${count} pushes`)
  })
}

/** Waits until no delivery of the notification is pending, according to the API. */
export async function untilOver (
  { simulator }: BenchContext, carillon: Carillon, id: string, status: string
): Promise<NotificationProgress> {
  let progress = await carillon.status(id)
  await until(async () => {
    progress = await carillon.status(id)
    const { queued = 0, sending = 0, retrying = 0 } = progress.counts
    return progress.status === status && queued + sending + retrying === 0
  }, { everyMs: 100, patienceMs: patienceFor(progress.deliveries), describe: () => describe(simulator, carillon, `the end of ${JSON.stringify(progress)}`) })
  return progress
}

/**
 * Checks that all people were reached. The simulator has as many guids as the table has `sent` rows, each with its own push,
 * and the API's counts are the same. A guid may be repeated only if a worker crashed, and then returned the existing push.
 */
export async function expectEverybody (
  context: BenchContext, carillon: Carillon, id: string, { mayRepeat = false }: { mayRepeat?: boolean } = {}
): Promise<{ repeated: number }> {
  const people = carillon.people.length
  const { distinct, repeated } = await context.simulator.counts()
  expectSame('guids at the simulator', { distinct, repeated: mayRepeat ? 0 : repeated }, { distinct: people })
  expectSame('deliveries', await countRows(carillon), { sent: people })
  const [receipts] = await carillon.database.sql<[{ pushes: number }]>`
    select count(distinct receipt ->> 'id')::int as pushes from deliveries where notification_id = ${toUuid(id)}`
  expectSame('pushes that the deliveries name', receipts, { pushes: people })
  const { status, deliveries, counts, progress } = await carillon.status(id)
  expectSame('counts of the API', counts, { sent: people })
  expectSame('the API', { status, deliveries, providers: progress.length }, { status: 'completed', deliveries: people, providers: 1 })
  expectSame('progress of the API', { ...progress[0]?.counts, secondsLeft: progress[0]?.secondsLeft ?? 'unknown' }, { sent: people })
  return { repeated }
}

export function sumOf (counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, number) => sum + number, 0)
}

function patienceFor (count: number): number {
  return leastPatienceMs + count / leastPerSecond * 1000
}

async function describe (simulator: BenchContext['simulator'], carillon: Carillon, what: string): Promise<string> {
  return `waiting for ${what}; ${JSON.stringify(await simulator.counts())} at the simulator, deliveries ${JSON.stringify(await countRows(carillon))}`
}
