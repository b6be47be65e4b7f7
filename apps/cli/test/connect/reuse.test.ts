import { sandboxEnvironment } from '@carillon/testing'
import t from 'tap'
import { connectUnattended, enterCode } from './enter-code.ts'
import { openContext } from './open-context.ts'
import { openTerminal, terminalMissing } from '../open-terminal.ts'
import { runCarillon } from '../run-carillon.ts'

t.test('refreshes expired credentials once for two concurrent runs, and stores the new ones', async (t) => {
  const context = await openContext(t)
  const { account } = await connectUnattended(context, 'alice') as { account: object }
  const { connections: [first] } = await context.stored()
  await context.control('POST', 'tokens/expire', { provider: 'blotre', account: 'alice' })

  const both = await Promise.all([0, 1].map(() => runCarillon(['connect', 'blotre', '--json'], context.env)))
  for (const { code, stdout, stderr } of both) {
    t.equal(code, 0, stderr)
    t.same(JSON.parse(stdout), { provider: 'blotre', account, file: context.file, status: 'alreadyConnected' })
    for (const secret of await context.secrets()) t.notOk(`${stdout}${stderr}`.includes(secret), 'no secret is shown')
  }
  const { data: [refreshed] } = await context.control<{ data: object[] }>('GET', 'refreshes?provider=blotre&account=alice')
  t.match(refreshed, { refreshes: 1, refused: 0 })
  t.equal(await context.calls('PUT /blotre/v0/oauth2/disposable'), 1, 'no second code is shown')
  const { connections: [second] } = await context.stored()
  t.notSame(second?.credentials, first?.credentials)
  t.match(second, { account, credentials: { refreshToken: /./, clientId: /./ } })
  t.equal(await context.mode(), 0o600)
})

t.test('starts a new handshake if the refresh token is invalid too', { skip: terminalMissing }, async (t) => {
  const context = await openContext(t)
  const alice = await context.storeBlotre()
  await context.control('POST', 'tokens/revoke', { provider: 'blotre', account: alice.name })
  t.match(await runCarillon(['connect', 'blotre'], context.env), { code: 1, stderr: /no longer valid .*--again/ }, 'without a terminal it fails')

  const terminal = await openTerminal(t, ['connect', 'blotre'], context.env)
  const [, code = '', page = ''] = await terminal.see(/Enter the code (\w{8}) on this page:\s+(http\S+)/)
  t.match(terminal.screen(), /The stored credentials of .* are no longer valid \(/)
  await enterCode(page, code, 'bob')
  t.equal((await terminal.ended()).code, 0)
  t.match((await context.stored()).connections, [{ account: { name: 'bob' } }])
})

t.test('keeps credentials if their service is unavailable', async (t) => {
  const context = await openContext(t)
  await context.storeBlotre()
  const before = await context.stored()
  await context.control('POST', 'faults', { provider: 'blotre', status: 503 })
  const { code, stdout } = await runCarillon(['connect', 'blotre', '--json'], context.env)
  t.equal(code, 1)
  t.match(JSON.parse(stdout), { status: 'failed', account: null, reason: /HTTP 503/ })
  t.same(await context.stored(), before)
})

t.test('does not use the credentials of one server for another', async (t) => {
  const context = await openContext(t)
  await context.storeBlotre()
  const elsewhere = { ...context.env, ...await sandboxEnvironment(context.sandboxUrl.replace('127.0.0.1', 'localhost'), 'blotre') }
  t.match(await runCarillon(['connect', 'blotre', '--timeout', '1'], elsewhere), { code: 4, stderr: /at http:\/\/localhost:\d+\n.*Enter the code/s })
  t.equal((await context.stored()).connections.length, 1)
})
