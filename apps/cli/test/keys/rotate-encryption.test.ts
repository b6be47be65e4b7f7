import { newId, openDatabase } from '@carillon/shared/db'
import { countValues, startKeyReports } from '@carillon/shared/encryption-keys'
import { createEndpoint } from '@carillon/shared/endpoints'
import { createLog } from '@carillon/shared/log'
import { createVault, parseVaultKeys } from '@carillon/shared/vault'
import { testDatabase, testKeys, until } from '@carillon/testing'
import t from 'tap'
import { addKeys } from '../../src/commands/keys.ts'
import { runInProcess } from '../run-in-process.ts'

const [oldKey, newKey] = [testKeys('old'), testKeys('new')]
const { url } = await testDatabase(t)
const database = openDatabase({ url, max: 1 })
t.teardown(() => database.close())
const { sql } = database
const rotate = () => runInProcess(addKeys, ['keys', 'rotate'], { DATABASE_URL: url, CARILLON_KEYS: `${newKey},${oldKey}` })
const keysInUse = async () => (await countValues(database)).map(({ id }) => id)

// A process that encrypts with the old key, and has not stopped for 30 seconds yet.
const reports = await startKeyReports({ database, keys: parseVaultKeys(oldKey), log: createLog({ name: 'test', level: 'fatal' }) })
await reports.close()
const endpoint = { id: newId(), url: 'https://site.example', description: null, events: ['*'], enabled: true }
await createEndpoint(database, createVault(parseVaultKeys(oldKey)), endpoint)

t.test('refuses while a process encrypts with another key', async (t) => {
  // Its last report is always 29 seconds ago.
  await sql`alter table encryption_keys rename to key_records`
  await sql`create view encryption_keys as select id, fingerprint, now() - interval '29 seconds' as used_at, created_at from key_records`
  const { code, stdout, stderr } = await rotate().exited
  t.match({ code, stdout }, { code: 1, stdout: '' })
  t.match(stderr, /^A process encrypted with the key old just now\. Waiting 1 s to see whether it has stopped\./)
  t.match(stderr, /a running process encrypts with the key old\. Put new first in its CARILLON_KEYS, restart it, and run this again$/)
  t.same(await keysInUse(), ['old'], 'it has changed nothing')
  await sql`drop view encryption_keys`
  await sql`alter table key_records rename to encryption_keys`
})

t.test('an interruption ends the waiting', async (t) => {
  await sql`update encryption_keys set used_at = now()`
  const { exited, interrupt, written } = rotate()
  await until(() => written.join('').includes('Waiting'))
  interrupt()
  t.match(await exited, { code: 130, stdout: '', stderr: /interrupted/ })
  t.same(await keysInUse(), ['old'])
})

t.test('rotates as soon as the processes with another key have stopped', async (t) => {
  await sql`update encryption_keys set used_at = now()`
  const { exited, written } = rotate()
  await until(() => written.join('').includes('Waiting'))
  await sql`update encryption_keys set used_at = now() - interval '31 seconds'`
  t.match(await exited, { code: 0, stdout: '1 value encrypted with the key new\nNo value needs another key.' })
  t.same(await keysInUse(), ['new'])
})
