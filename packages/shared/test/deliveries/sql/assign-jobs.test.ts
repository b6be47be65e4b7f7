import { ownPostgres } from '@carillon/testing'
import postgres from 'postgres'
import t from 'tap'
import { openDatabase } from '../../../src/db/index.ts'
import { assignJobs } from '../../../src/deliveries/sql/assign-jobs.ts'

const rows = 30_000
const rounds = 6

// PostgreSQL 18.4 crashes if this update is a part of a `with` query. The server of the other tests must survive that.
t.test('assigns jobs while other transactions change the same rows', async (t) => {
  const { url } = await ownPostgres(t, { durable: false })
  const database = openDatabase({ url, max: 4 })
  t.teardown(() => database.close())
  const { sql } = database
  await sql`
    with notification as (select new_id() as id)
    insert into deliveries (notification_id, connection_id, provider, state, due_at, reason)
    select id, gen_random_uuid(), 'provider-' || number % 3, 'retrying', now() - interval '1 second', 'handedBack'
    from notification, generate_series(1, ${rows}::int) as number`
  const providers = [0, 1, 2].map((number) => `provider-${number}`)
  const assigned = new AbortController()

  async function disturb (): Promise<void> {
    while (!assigned.signal.aborted) {
      await sql`
        update deliveries set job_id = null, due_at = now() - interval '1 second' where (notification_id, connection_id) in (
          select notification_id, connection_id from deliveries where random() < 0.1 limit 1500)`.catch(ignoreDeadlock)
    }
  }
  async function assign (): Promise<void> {
    for (let round = 0; round < rounds; round++) await assignJobs(database, providers, 10_000)
  }
  const disturbing = [disturb(), disturb()]
  await Promise.all([assign(), assign()]).finally(() => assigned.abort())
  await Promise.all(disturbing)

  await sql`update deliveries set job_id = null`
  const batches = await assignJobs(database, providers, rows)
  t.equal(batches.reduce((sum, { deliveries }) => sum + deliveries.length, 0), rows)
  t.equal(batches.length, 60, 'twenty full batches of each provider')
})

/** The disturbing statements lock rows in any order. */
function ignoreDeadlock (error: unknown): void {
  if (!(error instanceof postgres.PostgresError) || error.code !== '40P01') throw error
}
