import t from 'tap'
import type { Test } from 'tap'
import { allowAccess } from './allow-access.ts'
import { openHouse } from './open-house.ts'
import type { House } from './open-house.ts'
import { openTerminal, terminalMissing } from './open-terminal.ts'
import { runCarillon } from './run-carillon.ts'

const inTerminal = { skip: terminalMissing }

t.test('connects pump.io in a terminal, and knows it the next time', inTerminal, async (t) => {
  const house = await openHouse(t)
  const account = `alice@${house.pumpioHost}`
  await house.control('POST', 'quirks', { provider: 'pumpio', quirk: 'ignoresVerifier', on: false })

  const terminal = await openTerminal(t, ['connect', 'pumpio', account], house.env)
  const [url] = await terminal.see(/http\S+\/oauth\/authorize\?oauth_token=\S+/)
  t.match(terminal.screen(), 'a simulator of the running `carillon up`', 'it says where it connects')
  await terminal.see(/Verifier: $/)
  terminal.type('no-such-verifier\r')
  await terminal.see(/That did not work.*\n+Verifier: $/)
  t.same((await house.kept()).connections, [], 'a wrong account is not stored')
  terminal.type(`  ${await allowAccess(url, 'alice')} \r`)
  t.same(await terminal.ended(), { code: 0, isRestored: true })
  t.match(terminal.screen(), `Connected to pump.io as ${account}.`)

  t.equal(await house.mode(), 0o600)
  const { connections, registrations } = await house.kept()
  t.match(connections, [{ provider: 'pumpio', server: house.pumpioHost, account: { id: account }, credentials: { account } }])
  t.match(registrations, [{ provider: 'pumpio', host: house.pumpioHost, clientId: /./, clientSecret: /./ }])
  await noSecret(t, house, terminal.screen())

  const before = await handshakes(house)
  const again = await openTerminal(t, ['connect', 'pumpio', account], house.env)
  t.same(await again.ended(), { code: 0, isRestored: true })
  t.match(again.screen(), `Already connected to pump.io as ${account}.`)
  t.same(await handshakes(house), before, 'the host is asked for nothing')
})

t.test('keeps the registration for the next account of a host, and asks which account where none is named', inTerminal, async (t) => {
  const house = await openHouse(t)
  for (const name of ['alice', 'bob']) {
    const terminal = await openTerminal(t, ['connect', 'pumpio'], house.env)
    await terminal.see(/Account at pump.io \(nick@host\): $/)
    terminal.type('nobody\r')
    await terminal.see(/That is not an account.*\n+Account.*: $/)
    terminal.type(`${name}@${house.pumpioHost}\r`)
    const [url] = await terminal.see(/http\S+oauth_token=\S+/)
    terminal.type(`${await allowAccess(url, name)}\r`)
    t.equal((await terminal.ended()).code, 0)
  }
  t.equal((await house.kept()).connections.length, 2)
  t.equal(await house.calls('POST /api/client/register'), 1)
})

t.test('connects again when the token is no longer valid, and with --again', inTerminal, async (t) => {
  const house = await openHouse(t)
  const account = `alice@${house.pumpioHost}`
  const connect = async (args: string[], expected: RegExp) => {
    const terminal = await openTerminal(t, ['connect', 'pumpio', account, ...args], house.env)
    const [url] = await terminal.see(/http\S+oauth_token=\S+/)
    t.match(terminal.screen(), expected)
    terminal.type(`${await allowAccess(url, 'alice')}\r`)
    t.equal((await terminal.ended()).code, 0)
  }
  await connect([], /^/)
  await house.control('POST', 'tokens/revoke', { provider: 'pumpio', account })

  const unattended = await runCarillon(['connect', 'pumpio', account], house.env)
  t.match(unattended, { code: 1, stderr: /no longer valid \(token is not accepted\); connect again/ }, 'without a terminal it says so')
  await connect([], /no longer valid \(token is not accepted\)/)
  await house.control('POST', 'pumpio/forget-clients', {})
  await connect([], /no longer valid/)
  await connect(['--again'], /^/)
  t.equal(await house.calls('POST /api/client/register'), 2, 'once, and once more for the host that forgot us')
  t.equal((await house.kept()).connections.length, 1)
})

t.test('stores nothing when another account allows access', inTerminal, async (t) => {
  const house = await openHouse(t)
  const terminal = await openTerminal(t, ['connect', 'pumpio', `alice@${house.pumpioHost}`], house.env)
  const [url] = await terminal.see(/http\S+oauth_token=\S+/)
  terminal.type(`${await allowAccess(url, 'mallory')}\r`)
  t.equal((await terminal.ended()).code, 1)
  t.match(terminal.screen(), /allowed by mallory@.*, not by alice@/)
  t.same((await house.kept()).connections, [])
})

t.test('ends with 130 at Ctrl-C, and leaves terminal and file as they were', inTerminal, async (t) => {
  const house = await openHouse(t)
  const terminal = await openTerminal(t, ['connect', 'pumpio', `alice@${house.pumpioHost}`], house.env)
  await terminal.see(/Verifier: $/)
  terminal.type('half a veri\x03')
  t.same(await terminal.ended(), { code: 130, isRestored: true })
  t.match(terminal.screen(), /carillon: interrupted\n*$/)
  t.same((await house.kept()).connections, [])
})

t.test('ends with 4 when no verifier comes in time', inTerminal, async (t) => {
  const house = await openHouse(t)
  const terminal = await openTerminal(t, ['connect', 'pumpio', `alice@${house.pumpioHost}`, '--timeout', '2'], house.env)
  await terminal.see(/Verifier: /)
  t.same(await terminal.ended(), { code: 4, isRestored: true })
})

t.test('does not ask without a terminal', async (t) => {
  const house = await openHouse(t)
  t.match(await runCarillon(['connect', 'pumpio'], house.env), { code: 2, stdout: '', stderr: /name the account/ })
  t.match(await runCarillon(['connect', 'pumpio', 'alice'], house.env), { code: 2, stderr: /needs an account like nick@host/ })
  const { code, stdout } = await runCarillon(['connect', 'pumpio', `alice@${house.pumpioHost}`, '--json'], house.env)
  t.equal(code, 1)
  t.match(JSON.parse(stdout), { provider: 'pumpio', account: null, status: 'failed', reason: /input ended/ })
})

t.test('takes the verifier from another program, too', async (t) => {
  const house = await openHouse(t)
  const account = `alice@${house.pumpioHost}`
  const asked: string[] = []
  const { code, stdout, stderr } = await runCarillon(['connect', 'pumpio', account, '--json'], house.env, {
    onSaid (said, type) {
      const url = /http\S+oauth_token=\S+\n/.exec(said)?.[0].trim()
      if (url === undefined || asked.push(url) > 1) return
      allowAccess(url, 'alice').then((verifier) => type(`${verifier}\n`), t.fail)
    }
  })
  t.equal(code, 0, stderr)
  t.same(JSON.parse(stdout), { provider: 'pumpio', account: { id: account, name: account }, file: house.file, status: 'connected' })
  await noSecret(t, house, stdout + stderr)
})

async function handshakes (house: House): Promise<number[]> {
  const endpoints = ['POST /api/client/register', 'POST /oauth/request_token', 'POST /oauth/access_token']
  return await Promise.all(endpoints.map((endpoint) => house.calls(endpoint)))
}

async function noSecret (t: Test, house: House, text: string): Promise<void> {
  const secrets = await house.secrets()
  t.ok(secrets.length > 0)
  for (const secret of secrets) t.notOk(text.includes(secret), 'no secret is shown')
}
