import { until } from '@carillon/testing'
import t from 'tap'
import { closeAccount, disconnect, saveConnections } from '../../src/connections/index.ts'
import { newId } from '../../src/db/index.ts'
import { addPulls, PullLeaseLostError, storeAccounts, storeDays, takePulls } from '../../src/pulls/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { connect, ensureUsers, grantOf, vault } from '../people.ts'

const database = await openTestDatabase(t)
const { sql } = database
// A process that stores accounts waits at a gate between the check of its lease and the check of the connection.
await sql`create function pass_gate () returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(1); return new; end $$`
await sql`create trigger pass_gate before insert on ad_accounts for each row execute function pass_gate()`

/** How a connection is closed, or changes its account, during a pull. */
const endings: Record<string, (id: string, name: string) => Promise<unknown>> = {
  disconnects: (id) => disconnect(database, id),
  'connects another account': async (_id, name) => {
    const [userId = ''] = await ensureUsers(database, [name])
    return await saveConnections(database, vault, [{ userId, provider: 'facebook', grant: grantOf(`another-${name}`) }])
  },
  'removes the app at the provider': (_id, name) => closeAccount(database, {
    provider: 'facebook', accountId: `account-${name}`, reason: 'removed at the provider', at: new Date(Date.now() + 1_000)
  })
}

for (const [what, end] of Object.entries(endings)) {
  t.test(`does not deadlock when a user ${what} while accounts are stored`, async (t) => {
    const name = `user-${newId()}`
    const [id = ''] = await connect(database, [name], 'facebook')
    await addPulls(database, 'facebook')
    const taken = (await takePulls(database, 'facebook', { limit: 10, leaseMs: 60_000 })).find(({ connectionId }) => connectionId === id)
    if (taken === undefined) return t.fail('it is not due')
    const account = { id: 'act_1', name: 'Shoes', currency: 'EUR', timezone: 'UTC' }
    const { keeping, ending } = await sql.begin(async (gate) => {
      await gate`select pg_advisory_xact_lock(1)`
      const keeping = storeAccounts(database, taken, [account])
      const keeper = await until(pidAtGate, { what: 'a process at the gate' })
      const ending = end(id, name)
      await until(() => isWaitedFor(keeper), { what: 'the disconnect that waits for the pull which stores accounts' })
      return { keeping, ending }
    })
    await t.resolves(Promise.all([keeping, ending]))
    const day = { day: '2026-01-01', impressions: '1', clicks: '0', spend: '0' }
    await t.rejects(storeDays(database, taken, 'act_1', [day]), PullLeaseLostError, 'nothing more can be stored')
    for (const table of ['pulls', 'ad_accounts', 'insights']) t.same(await sql`select from ${sql(table)} where connection_id = ${id}`, [])
  })
}

async function pidAtGate (): Promise<number | undefined> {
  const [row] = await sql<Array<{ pid: number }>>`
    select pid from pg_locks join pg_database on pg_database.oid = database
    where datname = current_database() and locktype = 'advisory' and not granted`
  return row?.pid
}

async function isWaitedFor (pid: number): Promise<boolean> {
  const waiting = await sql`
    select from pg_stat_activity where datname = current_database() and ${pid}::int = any (pg_blocking_pids(pid))`
  return waiting.length > 0
}
