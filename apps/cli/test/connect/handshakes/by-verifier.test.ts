import t from 'tap'
import type { Test } from 'tap'
import { allowAccess } from '../allow-access.ts'
import { openContext } from '../open-context.ts'
import type { ConnectContext } from '../open-context.ts'
import { openTerminal, terminalMissing } from '../../open-terminal.ts'
import { runCarillon } from '../../run-carillon.ts'

const inTerminal = { skip: terminalMissing }

t.test('connects pump.io in a terminal, and reuses the connection', inTerminal, async (t) => {
  const context = await openContext(t)
  const account = `alice@${context.pumpioHost}`
  await context.control('POST', 'quirks', { provider: 'pumpio', quirk: 'ignoresVerifier', on: false })

  const terminal = await openTerminal(t, ['connect', 'pumpio', account], context.env)
  const [url] = await terminal.see(/http\S+\/oauth\/authorize\?oauth_token=\S+/)
  t.match(terminal.screen(), 'a simulator of the running `carillon up`', 'it says where it connects')
  await terminal.see(/Verifier: $/)
  terminal.type('no-such-verifier\r')
  await terminal.see(/That did not work.*\n+Verifier: $/)
  t.same((await context.stored()).connections, [], 'a wrong account is not stored')
  terminal.type(`  ${await allowAccess(url, 'alice')} \r`)
  t.same(await terminal.ended(), { code: 0, isRestored: true })
  t.match(terminal.screen(), `Connected to pump.io as ${account}.`)

  t.equal(await context.mode(), 0o600)
  const { connections, registrations } = await context.stored()
  t.match(connections, [{ provider: 'pumpio', server: context.pumpioHost, account: { id: account }, credentials: { account } }])
  t.match(registrations, [{ provider: 'pumpio', host: context.pumpioHost, clientId: /./, clientSecret: /./ }])
  await noSecret(t, context, terminal.screen())

  const before = await handshakes(context)
  const again = await openTerminal(t, ['connect', 'pumpio', account], context.env)
  t.same(await again.ended(), { code: 0, isRestored: true })
  t.match(again.screen(), `Already connected to pump.io as ${account}.`)
  t.same(await handshakes(context), before, 'the host is asked for nothing')
})

t.test('reuses the registration for another account of the host, and asks for an account if none is named', inTerminal, async (t) => {
  const context = await openContext(t)
  for (const name of ['alice', 'bob']) {
    const terminal = await openTerminal(t, ['connect', 'pumpio'], context.env)
    await terminal.see(/Account at pump.io \(nick@host\): $/)
    terminal.type('nobody\r')
    await terminal.see(/That is not an account.*\n+Account.*: $/)
    terminal.type(`${name}@${context.pumpioHost}\r`)
    const [url] = await terminal.see(/http\S+oauth_token=\S+/)
    terminal.type(`${await allowAccess(url, name)}\r`)
    t.equal((await terminal.ended()).code, 0)
  }
  t.equal((await context.stored()).connections.length, 2)
  t.equal(await context.calls('POST /api/client/register'), 1)
})

t.test('connects again when the token is no longer valid, and with --again', inTerminal, async (t) => {
  const context = await openContext(t)
  const account = `alice@${context.pumpioHost}`
  const connect = async (args: string[], expected: RegExp) => {
    const terminal = await openTerminal(t, ['connect', 'pumpio', account, ...args], context.env)
    const [url] = await terminal.see(/http\S+oauth_token=\S+/)
    t.match(terminal.screen(), expected)
    terminal.type(`${await allowAccess(url, 'alice')}\r`)
    t.equal((await terminal.ended()).code, 0)
  }
  await connect([], /^/)
  await context.control('POST', 'tokens/revoke', { provider: 'pumpio', account })

  const unattended = await runCarillon(['connect', 'pumpio', account], context.env)
  t.match(unattended, { code: 1, stderr: /no longer valid \(token is not accepted\); connect again/ }, 'without a terminal it fails')
  await connect([], /no longer valid \(token is not accepted\)/)
  await context.control('POST', 'pumpio/forget-clients', {})
  await connect([], /no longer valid/)
  await connect(['--again'], /^/)
  t.equal(await context.calls('POST /api/client/register'), 2, 'once, and once more for the host that forgot us')
  t.equal((await context.stored()).connections.length, 1)
})

t.test('stores nothing when another account allows access', inTerminal, async (t) => {
  const context = await openContext(t)
  const terminal = await openTerminal(t, ['connect', 'pumpio', `alice@${context.pumpioHost}`], context.env)
  const [url] = await terminal.see(/http\S+oauth_token=\S+/)
  terminal.type(`${await allowAccess(url, 'mallory')}\r`)
  t.equal((await terminal.ended()).code, 1)
  t.match(terminal.screen(), /allowed by mallory@.*, not by alice@/)
  t.same((await context.stored()).connections, [])
})

t.test('exits with 130 on Ctrl-C, and restores the terminal and keeps the file', inTerminal, async (t) => {
  const context = await openContext(t)
  const terminal = await openTerminal(t, ['connect', 'pumpio', `alice@${context.pumpioHost}`], context.env)
  await terminal.see(/Verifier: $/)
  terminal.type('half a veri\x03')
  t.same(await terminal.ended(), { code: 130, isRestored: true })
  t.match(terminal.screen(), /carillon: interrupted\n*$/)
  t.same((await context.stored()).connections, [])
})

t.test('exits with 4 if no verifier is entered in time', inTerminal, async (t) => {
  const context = await openContext(t)
  const terminal = await openTerminal(t, ['connect', 'pumpio', `alice@${context.pumpioHost}`, '--timeout', '2'], context.env)
  await terminal.see(/Verifier: /)
  t.same(await terminal.ended(), { code: 4, isRestored: true })
})

t.test('does not ask without a terminal', async (t) => {
  const context = await openContext(t)
  t.match(await runCarillon(['connect', 'pumpio'], context.env), { code: 2, stdout: '', stderr: /name the account/ })
  t.match(await runCarillon(['connect', 'pumpio', 'alice'], context.env), { code: 2, stderr: /needs an account like nick@host/ })
  const { code, stdout } = await runCarillon(['connect', 'pumpio', `alice@${context.pumpioHost}`, '--json'], context.env)
  t.equal(code, 1)
  t.match(JSON.parse(stdout), { provider: 'pumpio', account: null, status: 'failed', reason: /input ended/ })
})

t.test('accepts the verifier from another program', async (t) => {
  const context = await openContext(t)
  const account = `alice@${context.pumpioHost}`
  const asked: string[] = []
  const { code, stdout, stderr } = await runCarillon(['connect', 'pumpio', account, '--json'], context.env, {
    onStderr (said, type) {
      const url = /http\S+oauth_token=\S+\n/.exec(said)?.[0].trim()
      if (url === undefined || asked.push(url) > 1) return
      allowAccess(url, 'alice').then((verifier) => type(`${verifier}\n`), t.fail)
    }
  })
  t.equal(code, 0, stderr)
  t.same(JSON.parse(stdout), { provider: 'pumpio', account: { id: account, name: account }, file: context.file, status: 'connected' })
  await noSecret(t, context, stdout + stderr)
})

async function handshakes (context: ConnectContext): Promise<number[]> {
  const endpoints = ['POST /api/client/register', 'POST /oauth/request_token', 'POST /oauth/access_token']
  return await Promise.all(endpoints.map((endpoint) => context.calls(endpoint)))
}

async function noSecret (t: Test, context: ConnectContext, text: string): Promise<void> {
  const secrets = await context.secrets()
  t.ok(secrets.length > 0)
  for (const secret of secrets) t.notOk(text.includes(secret), 'no secret is shown')
}
