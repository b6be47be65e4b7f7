import type { Carillon } from '../environment/carillon.ts'
import { toUuid } from '../environment/carillon.ts'
import { expectSame } from '../environment/check-counts.ts'
import { expectEverybody, untilOver, untilPushes } from './expect-everyone.ts'
import { unhurried, withCarillon } from './proof.ts'
import type { Proof } from './proof.ts'
import { createRandom } from './random.ts'

const kills = 3

export const killed: Proof = {
  name: 'killed',
  about: `the same although the worker is killed (kill -9) ${kills} times at random moments`,
  run: (context, options, say) => {
    const { people, seed, leaseSeconds } = options
    const settings = { ...unhurried(options, 4), DELIVER_LEASE_SECONDS: String(leaseSeconds) }
    return withCarillon(context, options, settings, async (carillon) => {
      const random = createRandom(seed)
      const moments = Array.from({ length: kills }, () => Math.ceil(random() * people * 0.98)).sort((one, other) => one - other)
      say(`killed: seed ${seed}, at pushes ${moments.join(', ')}`)
      const startedAt = Date.now()
      const id = await carillon.notify({ everyone: true })
      for (const moment of moments) {
        await untilPushes(context, carillon, moment)
        await carillon.worker.kill()
        say(`killed: the worker, after ${(await context.simulator.counts()).distinct} pushes and ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
        await carillon.startWorker()
      }
      await untilOver(context, carillon, id, 'completed')
      const seconds = (Date.now() - startedAt) / 1000
      const { repeated } = await expectEverybody(context, carillon, id, { mayRepeat: true })
      const { lost, retaken } = await retakenOf(carillon, id)
      expectSame('attempts beyond the first', { spent: lost }, { spent: retaken })
      return { sent: people, repeated, seconds, seed, 'killed at': moments.join(' '), 'held by the dead': retaken }
    })
  }
}

/** Attempts beyond each delivery's first, and how many lost workers the histories contain. */
async function retakenOf ({ database: { sql } }: Carillon, id: string): Promise<{ lost: number, retaken: number }> {
  const [row] = await sql<[{ lost: number, retaken: number }]>`
    select coalesce(sum(attempts - 1), 0)::int as lost,
      coalesce(sum(jsonb_array_length(jsonb_path_query_array(history, '$[*] ? (@.event == "workerLost")'))), 0)::int as retaken
    from deliveries where notification_id = ${toUuid(id)}`
  return row
}
