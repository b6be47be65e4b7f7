import { loadConfig } from '@carillon/shared/config'
import { createHttp } from '@carillon/http'
import { createMemoryRegistrations } from '@carillon/clients'
import { createProviders } from '@carillon/shared/providers'
import { createBrowser, sandboxEnvironment } from '@carillon/testing'
import type { Page } from '@carillon/testing'
import t from 'tap'
import { connectByRedirect } from '../../src/connect/by-redirect.ts'
import { createPatience } from '../../src/connect/patience.ts'
import { openHouse } from './open-house.ts'
import { openTerminal, terminalMissing } from './open-terminal.ts'

const inTerminal = { skip: terminalMissing }
const authorizePage = /http\S+\/authorize\?\S+/

t.test('connects Pushbullet through a browser that comes back, and knows it the next time', inTerminal, async (t) => {
  const house = await openHouse(t)
  const terminal = await openTerminal(t, ['connect', 'pushbullet'], house.env)
  const [page] = await terminal.see(authorizePage)
  await terminal.see(/Waiting for the browser to come back: \d/)
  const redirect = new URL(new URL(page).searchParams.get('redirect_uri') ?? '')
  t.match(redirect, { protocol: 'http:', hostname: '127.0.0.1' })
  t.match(redirect.searchParams.get('handshake'), /^[\w-]{32}$/, 'nobody can guess it')

  const browser = createBrowser()
  for (const wrong of ['?code=mine', '?handshake=guessed&code=mine', '?handshake=&error=access_denied']) {
    t.equal((await browser.get(`${redirect.origin}${redirect.pathname}${wrong}`)).status, 404, 'others are turned away')
  }
  for (const headers of [{ 'sec-purpose': 'prefetch' }, { 'x-moz': 'prefetch' }, { 'sec-fetch-dest': 'iframe' }]) {
    t.equal((await browser.get(`${redirect.href}&code=mine`, headers)).status, 503, 'what no person sees uses nothing up')
  }
  const rebound = await browser.get(`${redirect.href}&code=mine`, { host: `evil.example:${redirect.port}` })
  t.equal(rebound.status, 404, 'so is a name that was made to mean this machine')

  const allowed = await browser.follow(await browser.get(`${page}&auto=allow&account=ann`))
  t.match(allowed, { status: 200, text: /Pushbullet is connected/ })
  t.same(await terminal.ended(), { code: 0, isRestored: true })
  t.match(terminal.screen(), 'Connected to Pushbullet as ')
  t.equal(await house.mode(), 0o600)
  for (const secret of await house.secrets()) t.notOk(`${terminal.screen()}${allowed.text}`.includes(secret), 'no secret is shown')
  t.notOk(terminal.screen().includes('sandbox-secret'))

  const again = await openTerminal(t, ['connect', 'pushbullet'], house.env)
  t.equal((await again.ended()).code, 0)
  t.match(again.screen(), 'Already connected to Pushbullet as ')
  t.equal(await house.calls('POST /pushbullet/oauth2/token'), 1)
})

t.test('ends with 3 when access is denied', inTerminal, async (t) => {
  const house = await openHouse(t)
  const terminal = await openTerminal(t, ['connect', 'pushbullet'], house.env)
  const [page] = await terminal.see(authorizePage)
  const browser = createBrowser()
  t.match(await browser.follow(await browser.get(`${page}&auto=deny`)), { status: 200, text: /is not connected/ })
  t.same(await terminal.ended(), { code: 3, isRestored: true })
  t.match(terminal.screen(), /carillon: access was denied at Pushbullet\n*$/)
})

t.test('says what went wrong when the browser brings nothing of use', async (t) => {
  const house = await openHouse(t)
  const provider = createProviders(loadConfig(await sandboxEnvironment(house.sandboxUrl, 'pushbullet'))).get('pushbullet')
  const way = provider?.handshakes.code
  if (provider === undefined || way === undefined) throw new Error('Pushbullet has no such way any more')
  const http = createHttp({ trustedOrigins: provider.origins, allowPrivateHosts: [] })
  t.teardown(() => http.close())
  const { signal } = new AbortController()
  const patience = createPatience(signal, 60_000)
  const call = { http, signal, now: Date.now, registrations: createMemoryRegistrations() }

  for (const [query, message] of [
    ['code=stolen', /^127.0.0.1:\d+ refused the code \(HTTP 400\)$/],
    ['', /without a code$/],
    ['error=server_error', /refused access: server_error$/],
    ['error_code=1&error_message=no', /refused access$/],
    ['error=no%1b[2J', /refused access$/]
  ] as const) {
    let visit: Promise<Page> | undefined
    const say = (line: string) => {
      const page = authorizePage.exec(line)?.[0]
      if (page !== undefined) visit = createBrowser().get(`${new URL(page).searchParams.get('redirect_uri')}&${query}`)
    }
    const terminal = { isInteractive: false, say, ask: async () => '', countDown: () => () => {}, close () {} }
    await t.rejects(connectByRedirect(provider, way, 0, { call, terminal, patience }), { status: 'failed', message }, query)
    t.match(await visit, { status: 200, text: /is not connected/ })
  }
})

t.test('ends with 4 when the browser does not come back in time, and with 130 at Ctrl-C', inTerminal, async (t) => {
  const house = await openHouse(t)
  const late = await openTerminal(t, ['connect', 'pushbullet', '--timeout', '2'], house.env)
  t.same(await late.ended(), { code: 4, isRestored: true })
  const stopped = await openTerminal(t, ['connect', 'pushbullet'], house.env)
  await stopped.see(/Waiting for the browser to come back: \d/)
  stopped.type('\x03')
  t.same(await stopped.ended(), { code: 130, isRestored: true })
  t.same((await house.kept().catch(() => null)), null, 'nothing is written')
})
