import { testDatabase } from '@carillon/testing'
import t from 'tap'
import { parseDatabaseUrl } from '../../src/postgres/index.ts'
import { openReconnectingPool } from '../../src/queue/open-reconnecting-pool.ts'

t.test('queries that are repeated after the end of the pool let other work run', async (t) => {
  const { url } = await testDatabase(t)
  const pool = openReconnectingPool(parseDatabaseUrl(url), { max: 1, applicationName: 'test' })
  await pool.end()
  const other = new AbortController()
  setImmediate(() => other.abort())
  let attempts = 0
  while (!other.signal.aborted && attempts < 10_000) await pool.query('select 1').catch(() => { attempts++ })
  t.ok(other.signal.aborted, `${attempts} attempts in one turn`)
  await t.rejects(pool.connect(), /after calling end/)
})
