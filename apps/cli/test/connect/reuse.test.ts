import { sandboxEnvironment } from '@carillon/testing'
import t from 'tap'
import { connectUnattended, enterCode } from './enter-code.ts'
import { openHouse } from './open-house.ts'
import { openTerminal, terminalMissing } from './open-terminal.ts'
import { runCarillon } from './run-carillon.ts'

t.test('refreshes what is too old, once for two who come at a time, and keeps the new', async (t) => {
  const house = await openHouse(t)
  const { account } = await connectUnattended(house, 'alice') as { account: object }
  const { connections: [first] } = await house.kept()
  await house.control('POST', 'tokens/expire', { provider: 'blotre', account: 'alice' })

  const both = await Promise.all([0, 1].map(() => runCarillon(['connect', 'blotre', '--json'], house.env)))
  for (const { code, stdout, stderr } of both) {
    t.equal(code, 0, stderr)
    t.same(JSON.parse(stdout), { provider: 'blotre', account, file: house.file, status: 'alreadyConnected' })
    for (const secret of await house.secrets()) t.notOk(`${stdout}${stderr}`.includes(secret), 'no secret is shown')
  }
  const { data: [refreshed] } = await house.control<{ data: object[] }>('GET', 'refreshes?provider=blotre&account=alice')
  t.match(refreshed, { refreshes: 1, refused: 0 })
  t.equal(await house.calls('PUT /blotre/v0/oauth2/disposable'), 1, 'nobody is shown another code')
  const { connections: [second] } = await house.kept()
  t.notSame(second?.credentials, first?.credentials)
  t.match(second, { account, credentials: { refreshToken: /./, clientId: /./ } })
  t.equal(await house.mode(), 0o600)
})

t.test('begins anew when the refresh token is dead too', { skip: terminalMissing }, async (t) => {
  const house = await openHouse(t)
  const alice = await house.keepBlotre()
  await house.control('POST', 'tokens/revoke', { provider: 'blotre', account: alice.name })
  t.match(await runCarillon(['connect', 'blotre'], house.env), { code: 1, stderr: /no longer valid .*--again/ }, 'without a terminal it says so')

  const terminal = await openTerminal(t, ['connect', 'blotre'], house.env)
  const [, code = '', page = ''] = await terminal.see(/Enter the code (\w{8}) on this page:\s+(http\S+)/)
  t.match(terminal.screen(), /The stored credentials of .* are no longer valid \(/)
  await enterCode(page, code, 'bob')
  t.equal((await terminal.ended()).code, 0)
  t.match((await house.kept()).connections, [{ account: { name: 'bob' } }])
})

t.test('keeps credentials although their service cannot say whether they are good', async (t) => {
  const house = await openHouse(t)
  await house.keepBlotre()
  const before = await house.kept()
  await house.control('POST', 'faults', { provider: 'blotre', status: 503 })
  const { code, stdout } = await runCarillon(['connect', 'blotre', '--json'], house.env)
  t.equal(code, 1)
  t.match(JSON.parse(stdout), { status: 'failed', account: null, reason: /HTTP 503/ })
  t.same(await house.kept(), before)
})

t.test('does not take one server\'s credentials for another\'s', async (t) => {
  const house = await openHouse(t)
  await house.keepBlotre()
  const elsewhere = { ...house.env, ...await sandboxEnvironment(house.sandboxUrl.replace('127.0.0.1', 'localhost'), 'blotre') }
  t.match(await runCarillon(['connect', 'blotre', '--timeout', '1'], elsewhere), { code: 4, stderr: /at http:\/\/localhost:\d+\n.*Enter the code/s })
  t.equal((await house.kept()).connections.length, 1)
})
