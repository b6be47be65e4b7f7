import { fileURLToPath } from 'node:url'
import { saveConnections } from '@carillon/shared/connections'
import { ensureUser, openDatabase } from '@carillon/shared/db'
import { createVault, parseVaultKeys } from '@carillon/shared/vault'
import { openSandbox } from '@carillon/sandbox'
import { spawnNode, testDatabase, testKeys } from '@carillon/testing'
import t from 'tap'

const processes = 4
const callsEach = 50

t.test('two hundred calls from four processes on one expired connection refresh it once', async (t) => {
  const { url: sandboxUrl, close } = await openSandbox()
  t.teardown(close)
  const { url } = await testDatabase(t)
  const keys = testKeys()
  const database = openDatabase({ url, max: 1 })
  t.teardown(() => database.close())
  const control = async (path: string, body?: object) => {
    const answer = await fetch(`${sandboxUrl}/_control${path}`, body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    return await answer.json() as { data: Array<{ account: string, accessToken: string, refreshToken: string }> }
  }
  const [granted] = (await control('/accounts', { provider: 'blotre', count: 1 })).data
  if (granted === undefined) throw new Error('The simulator gave no account')
  const { account, accessToken, refreshToken } = granted
  const { id: userId } = await ensureUser(database, { externalId: 'ann' })
  const grant = { credentials: { accessToken, refreshToken }, account: { id: account, name: account } }
  const [connection] = await saveConnections(database, createVault(parseVaultKeys(keys)), [{ userId, provider: 'blotre', grant }])
  await control('/tokens/expire', { provider: 'blotre', account })

  const workers = Array.from({ length: processes }, () => spawnNode(
    t, fileURLToPath(new URL('fixtures/send-expired.ts', import.meta.url)), {
      args: [connection?.id ?? '', String(callsEach)],
      env: {
        DATABASE_URL: url,
        CARILLON_KEYS: keys,
        BLOTRE_CLIENT_ID: 'carillon',
        BLOTRE_CLIENT_SECRET: 'sandbox-secret',
        BLOTRE_URL: `${sandboxUrl}/blotre`
      }
    }))
  await Promise.all(workers.map(({ ready }) => ready))
  const exits = await Promise.all(workers.map((worker) => worker.stop('SIGUSR2')))
  t.same(exits.map(({ code }) => code), Array.from({ length: processes }, () => 0))
  const states = workers.flatMap(({ stdout }) => JSON.parse(stdout.at(-1) ?? '[]') as string[])
  t.equal(states.length, processes * callsEach)
  t.ok(states.every((state) => state === 'sent'), 'every call succeeds')
  t.match(await control(`/refreshes?provider=blotre&account=${account}`), { data: [{ refreshes: 1, refused: 0 }] })
  const [row] = await database.sql`select credentials_version, status, lease_owner from connections`
  t.match(row, { credentials_version: 2, status: 'active', lease_owner: null })
})
