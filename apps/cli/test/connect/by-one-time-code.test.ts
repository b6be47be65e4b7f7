import { createHttp } from '@carillon/http'
import { createMemoryRegistrations } from '@carillon/clients'
import type { Grant } from '@carillon/shared/providers'
import t from 'tap'
import { connectByOneTimeCode } from '../../src/connect/by-one-time-code.ts'
import { createPatience } from '../../src/connect/patience.ts'
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

t.test('continues to poll while the service fails', async (t) => {
  const house = await openHouse(t)
  await house.control('POST', 'faults', { provider: 'blotre', match: 'POST /v0/oauth2/access_token', status: 503, times: 1 })
  t.match(await connectUnattended(house, 'alice'), { status: 'connected', account: { name: 'alice' }, file: house.file })
  t.ok(await house.calls('POST /blotre/v0/oauth2/access_token') >= 2, 'once more than what failed')
})

t.test('counts a code that is entered in the last moment: it asks at the end, though that be before its turn', async (t) => {
  const http = createHttp({ trustedOrigins: [], allowPrivateHosts: [] })
  t.teardown(() => http.close())
  const { signal } = new AbortController()
  const call = { http, signal, now: Date.now, registrations: createMemoryRegistrations() }
  const grant: Grant = { credentials: { accessToken: 'a-token' }, account: { id: '1', name: 'alice' } }
  const inAnHour = new Date(Date.now() + 3_600_000)
  const asked: number[] = []
  const way = {
    begin: async () => ({ code: 'abcd1234', redeemUrl: 'http://127.0.0.1/', expiresAt: inAnHour, intervalMs: 3_600_000, pending: {} }),
    complete: async () => {
      asked.push(Date.now())
      return grant
    }
  }
  let deadline = Infinity
  const countDown = (_text: string, until: number) => {
    deadline = until
    return () => {}
  }
  const terminal = { isInteractive: false, say () {}, ask: async () => '', countDown, close () {} }
  t.equal(await connectByOneTimeCode(way, { call, terminal, patience: createPatience(signal, 500) }), grant)
  t.equal(asked.length, 1)
  t.ok(asked.every((at) => at >= deadline), 'not before the end')
})

t.test('ends with 4 when the code is not entered in time, which runs from when it is shown', inTerminal, async (t) => {
  const house = await openHouse(t)
  await house.control('POST', 'faults', { provider: 'blotre', match: 'PUT /v0/oauth2/disposable', delayMs: 3_000 })
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
