import { hostCountOf } from '../channels/connect-seats.ts'
import type { Carillon, NotificationProgress } from '../environment/carillon.ts'
import { openCarillon, toUuid } from '../environment/carillon.ts'
import { CountError, countRows, expectSame } from '../environment/check-counts.ts'
import type { BenchContext } from '../environment/bench-context.ts'
import type { Refusals } from '../environment/simulator.ts'
import { until } from '../environment/until.ts'
import { sumOf } from './expect-everyone.ts'
import type { Facts, Proof, ProofOptions } from './proof.ts'
import { createRandom } from './random.ts'

const kills = 2
const patienceMs = 900_000
/** A host with an unknown limit gets one request at a time first, and more with successes. So many are never under way there. */
const maxUnderWay = 96
/** Not one of the usual proofs, since it needs other connections. */
export const several: Proof = {
  name: 'several',
  about: 'one broadcast to people with several providers, whose workspaces and domains have limits: all of it arrives, although the ' +
    `worker is killed (kill -9) ${kills} times`,
  async run (context, options, say) {
    const { channels, people: audience, backend, leaseSeconds } = options
    const { simulator } = context
    for (const { provider, limitsFor } of channels) await simulator.limit(provider, limitsFor(audience))
    const settings = { RECONCILE_SECONDS: '1', DELIVER_LEASE_SECONDS: String(leaseSeconds) }
    const carillon = await openCarillon(context, { backend, audience, channels, settings })
    try {
      return await broadcast(context, carillon, options, say)
    } finally {
      await carillon.close()
      for (const { provider } of channels) await simulator.limit(provider, {})
    }
  }
}

async function broadcast (
  { simulator }: BenchContext, carillon: Carillon, { channels, people, seed }: ProofOptions, say: (line: string) => void
): Promise<Facts> {
  const random = createRandom(seed)
  const total = people * channels.length
  const moments = Array.from({ length: kills }, () => Math.ceil(random() * total * 0.9)).sort((one, other) => one - other)
  say(`several: seed ${seed}, at messages ${moments.join(', ')}`)
  const describe = async (): Promise<string> => `${await simulator.arrivals()} messages arrived, deliveries ${JSON.stringify(await countRows(carillon))}`
  const startedAt = Date.now()
  const id = await carillon.notify({ everyone: true }, { onUnknown: 'resend' })
  for (const moment of moments) {
    await until(async () => await simulator.arrivals() >= moment, { everyMs: 20, patienceMs, describe })
    await carillon.worker.kill()
    say(`several: killed the worker after ${await simulator.arrivals()} messages and ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
    await carillon.startWorker()
  }
  let progress: NotificationProgress | undefined
  await until(async () => {
    progress = await carillon.status(id)
    return progress.status === 'completed'
  }, { everyMs: 250, patienceMs, describe })
  const seconds = (Date.now() - startedAt) / 1000

  expectSame('deliveries', await countRows(carillon), { sent: total })
  expectSame('counts of the API', progress?.counts ?? {}, { sent: total })
  for (const { provider, counts } of progress?.progress ?? []) expectSame(`progress of ${provider}`, counts, { sent: people })
  const { spent, tried, retaken } = await attemptsOf(carillon, id)
  expectSame('attempts', { spent }, { spent: tried + retaken })

  let repeated = 0
  const refusals: Record<string, Refusals> = {}
  for (const { provider, hosts } of channels) {
    const arrivals = await simulator.arrivalsByAccount(provider)
    expectSame(`accounts at ${provider} with a message`, { accounts: Object.keys(arrivals).length }, { accounts: people })
    repeated += sumOf(arrivals) - people
    refusals[provider] = await simulator.refusals(provider)
    const { refused, ignored, learned } = refusals[provider]
    // Each wait is announced once. A killed worker may have had a request under way at each host, whose refusal was never stored.
    const maxRefused = hosts === 'many' ? learned + kills * hostCountOf(people) : learned * maxUnderWay
    if (refused > maxRefused) throw new CountError(`requests refused by ${provider}: ${refused} where ${maxRefused} at most were due`)
    if (ignored > maxRefused) throw new CountError(`requests to ${provider} during waits that it had announced: ${ignored}`)
    if (learned === 0) throw new CountError(`limits learned at ${provider}: 0, where some were due`)
  }
  if (repeated > retaken) throw new CountError(`messages that arrived again: ${repeated} where a dead worker held ${retaken}`)
  return {
    sent: total,
    repeated,
    seconds,
    seed,
    'killed at': moments.join(' '),
    'held by the dead': retaken,
    ...Object.fromEntries(Object.entries(refusals).map(([provider, { refused, learned }]) =>
      [`${provider} refused`, `${refused} for ${learned} limits`]))
  }
}

interface Attempts {
  spent: number
  tried: number
  /** Deliveries that a dead worker held. */
  retaken: number
}

/** The attempts of all deliveries, and the events in their histories that used one up. */
async function attemptsOf ({ database: { sql } }: Carillon, id: string): Promise<Attempts> {
  const [row] = await sql<[Attempts]>`
    select coalesce(sum(attempts), 0)::int as spent,
      coalesce(sum(jsonb_array_length(jsonb_path_query_array(history, '$[*] ? (@.event == "attempt")'))), 0)::int as tried,
      coalesce(sum(jsonb_array_length(jsonb_path_query_array(history, '$[*] ? (@.event == "workerLost")'))), 0)::int as retaken
    from deliveries where notification_id = ${toUuid(id)}`
  return row
}
