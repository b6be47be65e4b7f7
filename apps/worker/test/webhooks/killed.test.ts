import type { ServerResponse } from 'node:http'
import { createVault, parseVaultKeys } from '@carillon/shared/vault'
import { backends, spawnApp, until } from '@carillon/testing'
import t from 'tap'
import { importUsers, openProcesses } from '../open-processes.ts'
import { openReceiver } from './open-receiver.ts'

const [postgres] = await backends()
if (postgres === undefined) throw new Error('PostgreSQL is always there')
const { site, env, database } = await openProcesses(t, await postgres.open(t), { RECONCILE_SECONDS: '1' })
const vault = createVault(parseVaultKeys(env.CARILLON_KEYS))

t.test('an event arrives although the worker is killed between its cause and its delivery', async (t) => {
  const receiver = await openReceiver(t, { database, vault })
  const states = async () => (await database.sql`select state from endpoint_deliveries`).map((row) => row['state'])
  const held: ServerResponse[] = []
  receiver.respondWith((response) => { held.push(response) })

  // No worker runs when the cause is committed.
  await importUsers(site, 1)
  t.same(await states(), [])
  const first = spawnApp(t, 'worker', { env })
  await receiver.receives(1)
  await first.kill()
  t.same(await states(), ['sending'], 'it died while the endpoint held the request')
  await database.sql`update endpoint_deliveries set next_attempt_at = now()`

  receiver.accept()
  spawnApp(t, 'worker', { env })
  await receiver.receives(2)
  await until(async () => (await states())[0] === 'succeeded')
  const [one, two] = receiver.received
  t.equal(one?.id, two?.id, 'with the same id, so that the receiver can ignore a repeat')
  t.equal(one?.event.type, 'connection.connected')
  t.same(receiver.errors, [])
})
