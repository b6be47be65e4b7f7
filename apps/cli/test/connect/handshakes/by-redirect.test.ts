import { loadConfig } from '@carillon/shared/config'
import { createHttp } from '@carillon/http'
import { createMemoryRegistrations } from '@carillon/clients'
import { createProviders } from '@carillon/shared/providers'
import { createBrowser, sandboxEnvironment } from '@carillon/testing'
import type { Page } from '@carillon/testing'
import t from 'tap'
import { connectByRedirect } from '../../../src/connect/handshakes/by-redirect.ts'
import { createCodeRedirect } from '../../../src/connect/handshakes/redirects.ts'
import { createUserTimeout } from '../../../src/connect/user-timeout.ts'
import { openContext } from '../open-context.ts'
import { openTerminal, terminalMissing } from '../../open-terminal.ts'
import { runCarillon } from '../../run-carillon.ts'

const inTerminal = { skip: terminalMissing }
const authorizePage = /http\S+\/authorize\?\S+/

t.test('connects Pushbullet through a browser redirect, and reuses the connection', inTerminal, async (t) => {
  const context = await openContext(t)
  const terminal = await openTerminal(t, ['connect', 'pushbullet'], context.env)
  const [page] = await terminal.see(authorizePage)
  await terminal.see(/Waiting for the browser to come back: \d/)
  const redirect = new URL(new URL(page).searchParams.get('redirect_uri') ?? '')
  t.match(redirect, { protocol: 'http:', hostname: '127.0.0.1' })
  t.match(redirect.searchParams.get('handshake'), /^[\w-]{32}$/, 'the key cannot be guessed')

  const browser = createBrowser()
  for (const wrong of ['?code=mine', '?handshake=guessed&code=mine', '?handshake=&error=access_denied']) {
    t.equal((await browser.get(`${redirect.origin}${redirect.pathname}${wrong}`)).status, 404, 'a request without the key is refused')
  }
  for (const headers of [{ 'sec-purpose': 'prefetch' }, { 'x-moz': 'prefetch' }, { 'sec-fetch-dest': 'iframe' }]) {
    t.equal((await browser.get(`${redirect.href}&code=mine`, headers)).status, 503, 'a prefetch does not use the redirect')
  }
  const rebound = await browser.get(`${redirect.href}&code=mine`, { host: `evil.example:${redirect.port}` })
  t.equal(rebound.status, 404, 'a rebound host name is refused')

  const allowed = await browser.follow(await browser.get(`${page}&auto=allow&account=ann`))
  t.match(allowed, { status: 200, text: /Pushbullet is connected/ })
  t.same(await terminal.ended(), { code: 0, isRestored: true })
  t.match(terminal.screen(), 'Connected to Pushbullet as ')
  t.equal(await context.mode(), 0o600)
  for (const secret of await context.secrets()) t.notOk(`${terminal.screen()}${allowed.text}`.includes(secret), 'no secret is shown')
  t.notOk(terminal.screen().includes('sandbox-secret'))

  const again = await openTerminal(t, ['connect', 'pushbullet'], context.env)
  t.equal((await again.ended()).code, 0)
  t.match(again.screen(), 'Already connected to Pushbullet as ')
  t.equal(await context.calls('POST /pushbullet/oauth2/token'), 1)
})

t.test('connects a service that a file describes, refreshes it, and revokes its access', inTerminal, async (t) => {
  const context = await openContext(t)
  const terminal = await openTerminal(t, ['connect', 'noticeboard'], context.env)
  const [page] = await terminal.see(authorizePage)
  const { searchParams } = new URL(page)
  const redirect = new URL(searchParams.get('redirect_uri') ?? '')
  t.match(redirect, { hostname: '127.0.0.1', pathname: '/connect/noticeboard/callback', search: '' })
  t.match(searchParams.get('code_challenge_method'), 'S256')
  const browser = createBrowser()
  for (const wrong of ['?code=mine', '?state=guessed&code=mine']) {
    t.equal((await browser.get(`${redirect.href}${wrong}`)).status, 404, 'a request without the state is refused')
  }
  t.match(await browser.follow(await browser.get(`${page}&auto=allow&account=ann`)), { status: 200, text: /Noticeboard is connected/ })
  t.same(await terminal.ended(), { code: 0, isRestored: true })
  t.match(terminal.screen(), /Noticeboard at \S+, a simulator/)

  // The same service by the environment: its file and its variables.
  const env = { ...context.env, ...await sandboxEnvironment(context.sandboxUrl, 'noticeboard') }
  t.match(await runCarillon(['connect', 'noticeboard'], env), { code: 0, stdout: /^Already connected to Noticeboard as ann/ })
  await context.control('POST', 'tokens/expire', { provider: 'noticeboard', account: 'ann' })
  t.match(await runCarillon(['connect', 'noticeboard'], env), { code: 0, stdout: /had expired and was refreshed/ })
  t.match(await runCarillon(['connect', 'noticeboard', '--remove'], env), { code: 0, stdout: /Noticeboard has revoked the access/ })
  t.match(await runCarillon(['connect', '--help'], env), { code: 0, stdout: /^noticeboard +shows a page; allow access/m })
})

t.test('exits with 3 if the user denies access', inTerminal, async (t) => {
  const context = await openContext(t)
  const terminal = await openTerminal(t, ['connect', 'pushbullet'], context.env)
  const [page] = await terminal.see(authorizePage)
  const browser = createBrowser()
  t.match(await browser.follow(await browser.get(`${page}&auto=deny`)), { status: 200, text: /is not connected/ })
  t.same(await terminal.ended(), { code: 3, isRestored: true })
  t.match(terminal.screen(), /carillon: access was denied at Pushbullet\n*$/)
})

t.test('reports the error if the redirect contains no usable code', async (t) => {
  const context = await openContext(t)
  const provider = createProviders(loadConfig(await sandboxEnvironment(context.sandboxUrl, 'pushbullet'))).get('pushbullet')
  const handshake = provider?.handshakes.code
  if (provider === undefined || handshake === undefined) throw new Error('Pushbullet has no redirect handshake any more')
  const http = createHttp({ trustedOrigins: provider.origins, allowPrivateHosts: [] })
  t.teardown(() => http.close())
  const { signal } = new AbortController()
  const withUserTimeout = createUserTimeout(signal, 60_000)
  const requestContext = { http, signal, now: Date.now, registrations: createMemoryRegistrations() }

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
    const redirect = createCodeRedirect(provider, handshake, requestContext)
    await t.rejects(connectByRedirect(provider, redirect, 0, { terminal, withUserTimeout }), { status: 'failed', message }, query)
    t.match(await visit, { status: 200, text: /is not connected/ })
  }
})

t.test('exits with 4 if the browser does not come back in time, and with 130 on Ctrl-C', inTerminal, async (t) => {
  const context = await openContext(t)
  const late = await openTerminal(t, ['connect', 'pushbullet', '--timeout', '2'], context.env)
  t.same(await late.ended(), { code: 4, isRestored: true })
  const stopped = await openTerminal(t, ['connect', 'pushbullet'], context.env)
  await stopped.see(/Waiting for the browser to come back: \d/)
  stopped.type('\x03')
  t.same(await stopped.ended(), { code: 130, isRestored: true })
  t.same((await context.stored().catch(() => null)), null, 'nothing is written')
})
