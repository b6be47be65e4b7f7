import { listAudit } from '@carillon/shared/audit'
import { newId, openDatabase } from '@carillon/shared/db'
import { countValues, listKeyRecords, startKeyReports } from '@carillon/shared/encryption-keys'
import { createEndpoint } from '@carillon/shared/endpoints'
import { createLog } from '@carillon/shared/log'
import { createVault, parseVaultKeys } from '@carillon/shared/vault'
import { testDatabase, testKeys } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { addKeys } from '../../src/commands/keys.ts'
import { runInProcess } from '../run-in-process.ts'

const [oldKey, newKey] = [testKeys('old'), testKeys('new')]
const log = createLog({ name: 'test', level: 'fatal' })

/** A database with one value that the old key encrypted. No process uses the key any more. */
async function openStack (t: Test) {
  const { url } = await testDatabase(t)
  const database = openDatabase({ url, max: 1 })
  t.teardown(() => database.close())
  const start = async (keys: string) => await (await startKeyReports({ database, keys: parseVaultKeys(keys), log })).close()
  const passTime = async () => await database.sql`update encryption_keys set used_at = now() - interval '31 seconds'`
  await start(oldKey)
  const endpoint = { id: newId(), url: 'https://site.example', description: null, events: ['*'], enabled: true }
  await createEndpoint(database, createVault(parseVaultKeys(oldKey)), endpoint)
  await passTime()
  return {
    database,
    start,
    passTime,
    endpointId: endpoint.id,
    idsOf: async () => (await listKeyRecords(database)).map(({ id }) => id),
    rotate: async (keys: string, ...args: string[]) =>
      await runInProcess(addKeys, ['keys', 'rotate', ...args], { DATABASE_URL: url, CARILLON_KEYS: keys }).exited
  }
}

t.test('tells what each key encrypts, and whether it may be removed, and changes nothing', async (t) => {
  const { database, start, passTime, endpointId, idsOf, rotate } = await openStack(t)
  const both = `${newKey},${oldKey}`
  t.match(await rotate(both, '--check'), {
    code: 0, stdout: 'old: 1 value (endpoints.secrets 1), in CARILLON_KEYS\nnew: 0 values, the first key of CARILLON_KEYS'
  })
  t.match(await rotate(newKey, '--check'), { code: 0, stdout: /^old: 1 value \(endpoints\.secrets 1\), missing from CARILLON_KEYS\n/ })
  t.match(await rotate(`${newKey},${testKeys('old')}`, '--check'), { stdout: /^old: 1 value .*, has another value in CARILLON_KEYS\n/ })
  t.match(await rotate(both, '--check', 'new'), { code: 1, stdout: '', stderr: /^new is the first key of CARILLON_KEYS/ })
  t.match(await rotate(both, '--check', 'other'), { code: 1, stderr: /^there is no key other/ })
  t.match(await rotate(both, '--check', 'old'), { code: 1, stderr: /^old is used by 1 value \(endpoints\.secrets 1\): do not remove it/ })

  await database.sql`delete from endpoints where id = ${endpointId}`
  await start(both)
  t.match(await rotate(`${oldKey},${newKey}`, '--check', 'new'), { code: 1, stderr: /^a process encrypted with the key new within the last 30 seconds/ })
  await passTime()
  const allowed = await rotate(both, '--check', 'old')
  t.match(allowed, { code: 0, stdout: 'No stored value needs the key old: you may remove it from CARILLON_KEYS.' })
  t.match(allowed.stderr, /^What the key signed is not stored, and stops working when you remove it: links to unsubscribe/)
  t.same(await idsOf(), ['new', 'old'])
})

t.test('lets programs start without a lost key, which still encrypts its values', async (t) => {
  const { database, start, idsOf, rotate } = await openStack(t)
  t.match(await rotate(`${newKey},${oldKey}`, '--forget', 'old'), { code: 1, stdout: '', stderr: 'old is not missing from CARILLON_KEYS' })
  t.match(await rotate(newKey, '--forget', 'other'), { code: 1, stderr: 'other is not missing from CARILLON_KEYS' })
  await t.rejects(start(newKey), /CARILLON_KEYS lacks the key old, which encrypted 1 stored value\./)

  await database.sql`update encryption_keys set used_at = now()`
  t.match(await rotate(newKey, '--forget', 'old'), { code: 1, stdout: '', stderr: /^a process encrypted with the key old within the last 30 seconds, so it is not lost/ })
  await t.rejects(start(newKey), /lacks the key old/)

  await database.sql`update encryption_keys set used_at = now() - interval '31 seconds'`
  t.match(await rotate(newKey, '--forget', 'old'), {
    code: 0, stdout: 'Programs start without the key old. 1 value that it encrypted cannot be decrypted.', stderr: ''
  })
  await start(newKey)
  t.same(await idsOf(), ['new'])
  t.match(await listAudit(database, {}, { limit: 10 }), [{
    actor: { kind: 'operator' }, action: 'encryption_key.forgotten', target: { kind: 'encryptionKey', id: 'old' }, details: { values: 1 }
  }], 'one entry, since the earlier calls changed nothing')
  t.match(await countValues(database), [{ id: 'old', column: 'endpoints.secrets', values: 1 }])
  await start(`${newKey},${oldKey}`)
})

t.test('forgets a key whose secret CARILLON_KEYS has under another id, because nothing decrypts with that', async (t) => {
  const { start, rotate } = await openStack(t)
  const renamed = oldKey.replace('old:', 'renamed:')
  await t.rejects(start(renamed), /lacks the key old/)
  t.match(await rotate(renamed, '--forget', 'old'), { code: 0 })
  await start(renamed)
})
