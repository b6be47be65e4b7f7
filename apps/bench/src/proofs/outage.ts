import { setTimeout as sleep } from 'node:timers/promises'
import { maxInFlight } from '../concurrency.ts'
import type { Carillon } from '../environment/carillon.ts'
import { toUuid } from '../environment/carillon.ts'
import { CountError, expectSame } from '../environment/check-counts.ts'
import type { BenchContext } from '../environment/bench-context.ts'
import { until } from '../environment/until.ts'
import { expectEverybody, untilOver, untilPushes } from './expect-everyone.ts'
import { unhurried, withCarillon } from './proof.ts'
import type { Proof } from './proof.ts'

export const outage: Proof = {
  name: 'outage',
  about: 'the provider answers 503 for a while: nothing fails, and nothing is attempted while the breaker is open',
  run: (context, options, say) => withCarillon(context, options, unhurried(options, 16), async (carillon) => {
    const { people, outageSeconds } = options
    const { simulator } = context
    const failedBefore = await simulator.failed()
    const startedAt = Date.now()
    const id = await carillon.notify({ everyone: true })
    await untilPushes(context, carillon, Math.ceil(people / 2))
    await simulator.fail(503)
    say(`outage: 503 after ${(await simulator.counts()).distinct} pushes, for ${outageSeconds} s`)
    const watching = watchBreaker(context, carillon)
    try {
      // The worker opens its breaker when it detects the failures, which takes an unknown time.
      await Promise.all([sleep(outageSeconds * 1000), watching.opened()])
    } finally {
      await simulator.recover()
    }
    say(`outage: over; ${await simulator.failed() - failedBefore} pushes were answered with 503`)
    await untilOver(context, carillon, id, 'completed')
    const seconds = (Date.now() - startedAt) / 1000
    const { opens, failedUntilOpen, secondsUntilOpen } = await watching.end()
    const { repeated } = await expectEverybody(context, carillon, id)

    // A refused push is an attempt in the history of a row, or a failed probe.
    const failed = await simulator.failed() - failedBefore
    const probes = opens - 1
    const { spent, refused } = await spentOn(carillon, id)
    expectSame('attempts beyond the first', { spent }, { spent: refused })
    expectSame('pushes answered with 503', { attempts: failed - probes }, { attempts: refused })
    const afterwards = failed - (failedUntilOpen - failedBefore)
    const mayFollow = maxInFlight + probes
    if (afterwards > mayFollow) {
      throw new CountError(`pushes after the breaker had opened: ${afterwards} where ${mayFollow} at most were under way or probes`)
    }
    return {
      sent: people,
      repeated,
      seconds,
      'refused (503)': failed,
      'attempts spent': spent,
      'opened after': `${secondsUntilOpen.toFixed(1)} s`,
      'pushes after that': afterwards,
      'failed probes': probes
    }
  })
}

interface Watched {
  /** How often the breaker opened: once, and once more for each failed probe. */
  opens: number
  /** The number of refused pushes when the breaker was first seen open. */
  failedUntilOpen: number
  secondsUntilOpen: number
}

interface Watching {
  /** Waits until the breaker has been seen open. */
  opened: () => Promise<void>
  /** Throws when the breaker never opened. */
  end: () => Promise<Watched>
}

/** Polls the breaker's state in the database, from now on. */
function watchBreaker ({ simulator }: BenchContext, { database: { sql } }: Carillon): Watching {
  const startedAt = Date.now()
  let seen: Watched | undefined
  const ending = new AbortController()

  async function watch (): Promise<void> {
    while (!ending.signal.aborted) {
      const [host] = await sql<Array<{ opens: number }>>`
        select opens from provider_hosts where provider = 'pushbullet' and host = '' and breaker <> 'closed'`
      if (host !== undefined) {
        seen ??= { opens: 0, failedUntilOpen: await simulator.failed(), secondsUntilOpen: (Date.now() - startedAt) / 1000 }
        seen.opens = Math.max(seen.opens, host.opens)
      }
      await sleep(50)
    }
  }

  const watching = watch()
  watching.catch(() => {}) // `end` reports the error
  return {
    opened: () => until(async () => seen !== undefined, {
      everyMs: 50, patienceMs: 60_000, describe: async () => 'breakers that opened: 0 where 1 was due'
    }),
    end: async () => {
      ending.abort()
      await watching
      if (seen === undefined) throw new CountError('breakers that opened: 0 where 1 was due')
      return seen
    }
  }
}

/** Attempts beyond each delivery's first, and how many attempts in the histories have status 503. */
async function spentOn ({ database: { sql } }: Carillon, id: string): Promise<{ spent: number, refused: number }> {
  const [row] = await sql<[{ spent: number, refused: number }]>`
    select coalesce(sum(attempts - 1), 0)::int as spent,
      coalesce(sum(jsonb_array_length(jsonb_path_query_array(history, '$[*] ? (@.event == "attempt" && @.status == 503)'))), 0)::int as refused
    from deliveries where notification_id = ${toUuid(id)}`
  return row
}
