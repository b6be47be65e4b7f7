import { createHttp } from '@carillon/http'
import { createMemoryRegistrations } from '@carillon/clients'
import type { Grant } from '@carillon/shared/providers'
import t from 'tap'
import { connectByOneTimeCode } from '../../../src/connect/handshakes/by-one-time-code.ts'
import { createUserTimeout } from '../../../src/connect/user-timeout.ts'
import { connectUnattended, enterCode } from '../enter-code.ts'
import { openContext } from '../open-context.ts'
import { openTerminal, terminalMissing } from '../../open-terminal.ts'

const inTerminal = { skip: terminalMissing }

t.test('connects Blot\'re in a terminal, and reuses the connection', inTerminal, async (t) => {
  const context = await openContext(t)
  const terminal = await openTerminal(t, ['connect', 'blotre'], context.env)
  const [, code = '', page = ''] = await terminal.see(/Enter the code (\w{8}) on this page:\s+(http\S+)/)
  await terminal.see(/Waiting for the code to be entered: \d+:\d\d/)
  const since = Date.now()
  await enterCode(page, code, 'alice')
  t.same(await terminal.ended(), { code: 0, isRestored: true })
  t.match(terminal.screen(), 'Connected to Blot\'re as alice.')
  const asked = await context.calls('POST /blotre/v0/oauth2/access_token')
  t.ok(asked <= 2 + (Date.now() - since) / 5_000, `polls at the interval (${asked} times)`)

  t.equal(await context.mode(), 0o600)
  const { connections: [first] } = await context.stored()
  t.match(first, { provider: 'blotre', server: context.sandboxUrl, account: { name: 'alice' }, expiresAt: /^\d{4}-.*Z$/ })
  for (const secret of await context.secrets()) t.notOk(terminal.screen().includes(secret), 'no secret is shown')

  const again = await openTerminal(t, ['connect', 'blotre'], context.env)
  t.equal((await again.ended()).code, 0)
  t.match(again.screen(), 'Already connected to Blot\'re as alice.')
  t.equal(await context.calls('POST /blotre/v0/oauth2/access_token'), asked, 'without another handshake')
})

t.test('continues to poll while the service fails', async (t) => {
  const context = await openContext(t)
  await context.control('POST', 'faults', { provider: 'blotre', match: 'POST /v0/oauth2/access_token', status: 503, times: 1 })
  t.match(await connectUnattended(context, 'alice'), { status: 'connected', account: { name: 'alice' }, file: context.file })
  t.ok(await context.calls('POST /blotre/v0/oauth2/access_token') >= 2, 'the failed request was repeated')
})

t.test('polls at the deadline, before the interval has passed, so that a code entered in the last moment counts', async (t) => {
  const http = createHttp({ trustedOrigins: [], allowPrivateHosts: [] })
  t.teardown(() => http.close())
  const { signal } = new AbortController()
  const requestContext = { http, signal, now: Date.now, registrations: createMemoryRegistrations() }
  const grant: Grant = { credentials: { accessToken: 'a-token' }, account: { id: '1', name: 'alice' } }
  const inAnHour = new Date(Date.now() + 3_600_000)
  const asked: number[] = []
  const handshake = {
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
  const withUserTimeout = createUserTimeout(signal, 500)
  t.equal(await connectByOneTimeCode(handshake, { requestContext, terminal, withUserTimeout }), grant)
  t.equal(asked.length, 1)
  t.ok(asked.every((at) => at >= deadline), 'not before the deadline')
})

t.test('exits with 4 if the code is not entered in time, counted from when it is shown', inTerminal, async (t) => {
  const context = await openContext(t)
  await context.control('POST', 'faults', { provider: 'blotre', match: 'PUT /v0/oauth2/disposable', delayMs: 3_000 })
  const terminal = await openTerminal(t, ['connect', 'blotre', '--timeout', '2'], context.env)
  t.same(await terminal.ended(), { code: 4, isRestored: true })
  t.match(terminal.screen(), /carillon: the code was not entered in time\n*$/)
})

t.test('exits with 130 on Ctrl-C', inTerminal, async (t) => {
  const context = await openContext(t)
  const terminal = await openTerminal(t, ['connect', 'blotre', '--json'], context.env)
  await terminal.see(/Waiting for the code to be entered: \d/)
  terminal.type('\x03')
  t.same(await terminal.ended(), { code: 130, isRestored: true })
  t.match(terminal.screen(), '"status":"interrupted"')
})
