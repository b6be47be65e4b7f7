import { newId } from '@carillon/shared/db'
import { expectSame } from '../environment/check-counts.ts'
import { startWatch } from '../environment/stopwatch.ts'
import { pushPath } from '../environment/simulator.ts'
import { createTables } from '../naive/tables.ts'
import { rate, share } from './measure.ts'
import type { Measure } from './measure.ts'

export interface NaiveResult {
  perSecond: number
  busy: number
}

let runs = 0

export const naive: Measure<NaiveResult> = {
  name: 'naive broadcast, a job per recipient',
  needs: ['redis'],

  async run ({ databases, redis, simulator, sizes, people, startLoop }) {
    const { naive: count } = sizes
    const database = await databases.create()
    const loop = startLoop('naive-loop')
    try {
      await loop.ready
      const tokens = (await people(count)).map(({ accessToken }) => accessToken)
      await database.sql.unsafe(createTables)
      await database.sql`insert into naive_recipients select * from unnest(${tokens.map(() => newId())}::uuid[], ${tokens}::text[])`
      const stop = await startWatch([loop])
      await loop.ask({
        databaseUrl: database.url, redisUrl: redis?.url ?? '', prefix: `naive-${++runs}`, pushUrl: simulator.url + pushPath
      })
      const { ms, used: [own] } = await stop()
      const rows = await database.sql<Array<{ state: string, number: number }>>`
        select state, count(*)::int as number from naive_deliveries group by state`
      expectSame('naive deliveries', Object.fromEntries(rows.map(({ state, number }) => [state, number])), { sent: count })
      expectSame('guids at the simulator', await simulator.counts(), { distinct: count, repeated: 0 })
      return { perSecond: count / ms * 1000, busy: own?.busy ?? 0 }
    } finally {
      await loop.stop()
      await database.drop()
      await simulator.reset()
    }
  },

  tell: ({ perSecond, busy }) => ({ rate: rate(perSecond), 'process busy': share(busy) })
}
