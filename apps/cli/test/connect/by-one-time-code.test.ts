import t from 'tap'
import { connectUnattended, enterCode } from './enter-code.ts'
import { openHouse } from './open-house.ts'
import { openTerminal, terminalMissing } from './open-terminal.ts'

const inTerminal = { skip: terminalMissing }

t.test('connects Blot\'re in a terminal, and knows it the next time', inTerminal, async (t) => {
  const house = await openHouse(t)
  const terminal = await openTerminal(t, ['connect', 'blotre'], house.env)
  const [, code = '', page = ''] = await terminal.see(/Enter the code (\w{8}) on this page:\s+(http\S+)/)
  await terminal.see(/Waiting for the code to be entered: \d+:\d\d/)
  const since = Date.now()
  await enterCode(page, code, 'alice')
  t.same(await terminal.ended(), { code: 0, isRestored: true })
  t.match(terminal.screen(), 'Connected to Blot\'re as alice.')
  const asked = await house.calls('POST /blotre/v0/oauth2/access_token')
  t.ok(asked <= 2 + (Date.now() - since) / 5_000, `asks politely (${asked} times)`)

  t.equal(await house.mode(), 0o600)
  const { connections: [first] } = await house.kept()
  t.match(first, { provider: 'blotre', server: house.sandboxUrl, account: { name: 'alice' }, expiresAt: /^\d{4}-.*Z$/ })
  for (const secret of await house.secrets()) t.notOk(terminal.screen().includes(secret), 'no secret is shown')

  const again = await openTerminal(t, ['connect', 'blotre'], house.env)
  t.equal((await again.ended()).code, 0)
  t.match(again.screen(), 'Already connected to Blot\'re as alice.')
  t.equal(await house.calls('POST /blotre/v0/oauth2/access_token'), asked, 'without another handshake')
})

t.test('goes on asking while the service stumbles, and counts a code that is entered in the last moment', async (t) => {
  const house = await openHouse(t)
  await house.control('POST', 'faults', { provider: 'blotre', match: 'POST /v0/oauth2/access_token', status: 503, times: 1 })
  t.match(await connectUnattended(house, 'alice', ['--timeout', '8']), { status: 'connected', account: { name: 'alice' }, file: house.file })
  t.equal(await house.calls('POST /blotre/v0/oauth2/access_token'), 2, 'after five seconds and, instead of after ten, at the end')
})

t.test('ends with 4 when the code is not entered in time', inTerminal, async (t) => {
  const house = await openHouse(t)
  const terminal = await openTerminal(t, ['connect', 'blotre', '--timeout', '2'], house.env)
  t.same(await terminal.ended(), { code: 4, isRestored: true })
  t.match(terminal.screen(), /carillon: the code was not entered in time\n*$/)
})

t.test('ends with 130 at Ctrl-C', inTerminal, async (t) => {
  const house = await openHouse(t)
  const terminal = await openTerminal(t, ['connect', 'blotre', '--json'], house.env)
  await terminal.see(/Waiting for the code to be entered: \d/)
  terminal.type('\x03')
  t.same(await terminal.ended(), { code: 130, isRestored: true })
  t.match(terminal.screen(), '"status":"interrupted"')
})
