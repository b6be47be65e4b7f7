import t from 'tap'
import { allowAt, callback, openMastodon, readCodeAt, refused } from './open-mastodon.ts'

const server = await openMastodon(t)
const mastodon = server.create()
const { redirect, verifier } = mastodon.handshakes
if (redirect === undefined || verifier === undefined) throw new Error('Mastodon has two handshakes')
const input = (account: string) => ({ account, redirectUri: callback, state: 'state-1', needsConsentPrompt: false })

t.test('connects by redirect with PKCE, a registration of its own and the narrowest scopes', async (t) => {
  const { authorizeUrl, pending } = await redirect.begin(input(`@ann@${server.host}`), server.call(t))
  const url = new URL(authorizeUrl)
  t.equal(url.origin, server.url)
  t.match(Object.fromEntries(url.searchParams), {
    response_type: 'code', redirect_uri: callback, scope: 'profile write:statuses', state: 'state-1', code_challenge_method: 'S256', code_challenge: /^[\w-]{43}$/
  })
  t.notMatch(authorizeUrl, String(pending['codeVerifier']), 'only the challenge leaves')
  const returned = await allowAt(authorizeUrl, 'ann')
  t.equal(returned.searchParams.get('state'), 'state-1')
  const { credentials, account, expiresAt } = await redirect.complete(pending, returned, server.call(t))
  t.same(account, { id: `ann@${server.host}`, name: `ann@${server.host}`, host: server.host })
  t.equal(expiresAt, undefined, 'tokens of Mastodon do not expire')
  t.same(mastodon.parseCredentials(JSON.parse(JSON.stringify(credentials))), credentials)
  t.same(await mastodon.identify(credentials, server.call(t)), account)
})

t.test('connects with the code that the server shows', async (t) => {
  const { authorizeUrl, pending, token } = await verifier.begin(server.host, null, server.call(t))
  t.equal(new URL(authorizeUrl).searchParams.get('redirect_uri'), 'urn:ietf:wg:oauth:2.0:oob')
  t.match(token, /^[\w-]{43}$/)
  await refused(t, verifier.complete(pending, 'guess', server.call(t)), { kind: 'rejected', status: 400 }, 'a wrong code')
  const code = await readCodeAt(authorizeUrl, 'olga')
  t.match((await verifier.complete(pending, ` ${code}\n`, server.call(t))).account, { id: `olga@${server.host}` })
})

t.test('exchanges a code only with the verifier of its own handshake', async (t) => {
  const first = await redirect.begin(input(server.host), server.call(t))
  const second = await redirect.begin(input(server.host), server.call(t))
  const stolen = await allowAt(first.authorizeUrl, 'vic')
  await refused(t, redirect.complete(second.pending, stolen, server.call(t)), { kind: 'rejected', status: 400 })
})

t.test('registers once for each redirect URI, and again when the server forgot it', async (t) => {
  const begin = async (redirectUri: string) =>
    new URL((await redirect.begin({ ...input(server.host), redirectUri }, server.call(t))).authorizeUrl).searchParams.get('client_id')
  const before = await server.countRequests('POST /api/v1/apps')
  const known = await begin(`${callback}/once`)
  t.equal(await begin(`${callback}/once`), known)
  t.not(await begin(`${callback}/other`), known)
  t.equal(await server.countRequests('POST /api/v1/apps') - before, 2)
  await server.control('POST', 'mastodon/forget-applications')
  const fresh = await begin(`${callback}/once`)
  t.not(fresh, known)
  t.equal(await begin(`${callback}/once`), fresh, 'and the new one is stored')
})

t.test('returns the same token for the same account, which a reconnect must not revoke', async (t) => {
  const connect = async () => {
    const { authorizeUrl, pending } = await redirect.begin(input(server.host), server.call(t))
    return (await redirect.complete(pending, await allowAt(authorizeUrl, 'sam'), server.call(t))).credentials
  }
  t.equal((await connect()).accessToken, (await connect()).accessToken)
})

t.test('asks older servers and GoToSocial for scopes that they know', async (t) => {
  const server = await openMastodon(t)
  await server.beFamily('gotosocial')
  const mastodon = server.create()
  const { authorizeUrl, pending } = await mastodon.handshakes.redirect?.begin(input(server.host), server.call(t)) ?? { authorizeUrl: '', pending: {} }
  t.equal(new URL(authorizeUrl).searchParams.get('scope'), 'read:accounts write:statuses')
  const grant = await mastodon.handshakes.redirect?.complete(pending, await allowAt(authorizeUrl, 'gus'), server.call(t))
  t.match(grant?.account, { id: `gus@${server.host}` })
})

t.test('only identifies the user where a bot mentions them', async (t) => {
  const bot = { url: server.url, token: 'token' }
  const started = await server.create({ bot }).handshakes.redirect?.begin(input(server.host), server.call(t))
  t.equal(new URL(started?.authorizeUrl ?? '').searchParams.get('scope'), 'profile')
})

t.test("refreshes Pleroma's token, and keeps the account and its client", async (t) => {
  const server = await openMastodon(t)
  await server.beFamily('pleroma')
  const mastodon = server.create()
  const { authorizeUrl, pending } = await mastodon.handshakes.redirect?.begin(input(server.host), server.call(t)) ?? { authorizeUrl: '', pending: {} }
  const grant = await mastodon.handshakes.redirect?.complete(pending, await allowAt(authorizeUrl, 'pat'), server.call(t))
  if (grant === undefined) throw new Error('no grant')
  t.ok(grant.expiresAt instanceof Date)
  t.equal(mastodon.canRefresh?.(grant.credentials), true)
  await server.control('POST', 'tokens/expire', { provider: 'mastodon', account: `pat@${server.host}` })
  await refused(t, mastodon.identify(grant.credentials, server.call(t)), { kind: 'expired', status: 403 })
  const fresh = await mastodon.refresh?.(grant.credentials, server.call(t))
  t.match(fresh?.credentials, { account: `pat@${server.host}`, clientId: grant.credentials.clientId })
  t.not(fresh?.credentials.accessToken, grant.credentials.accessToken)
  t.match(await mastodon.identify(fresh?.credentials ?? grant.credentials, server.call(t)), { id: `pat@${server.host}` })
  await refused(t, mastodon.refresh?.(grant.credentials, server.call(t)), { kind: 'unauthorized' }, 'the old pair is used up')
})

t.test('reads accounts, and refuses everything else', async (t) => {
  const parse = mastodon.parseAccount
  t.same(parse?.(' @Ann@Social.Example '), { name: 'Ann', host: 'social.example' })
  t.same(parse?.('ann@bücher.example'), { name: 'ann', host: 'xn--bcher-kva.example' })
  t.same(parse?.('social.example'), { name: '', host: 'social.example' })
  for (const text of ['', '@', 'ann@', 'https://social.example', 'social.example/@ann', 'a b', 'ann@host:port', '@ann@b@c']) {
    t.throws(() => parse?.(text), { name: 'ProviderError', message: /not an account/ }, text)
  }
})

t.test('calls no private host, and follows no redirect to one', async (t) => {
  await refused(t, redirect.begin(input('ann@10.0.0.1'), server.call(t)), { transport: 'notAllowed' })
  await refused(t, redirect.begin(input('127.0.0.1:9'), server.call(t)), { transport: 'notAllowed' })
  await server.fault({ match: '/.well-known/webfinger', status: 302, headers: { location: 'https://127.0.0.1/webfinger' }, times: 1 })
  await refused(t, redirect.begin(input(`ann@${server.host}`), server.call(t)), { transport: 'notAllowed' }, 'the domain may name another host')
  await server.fault({ match: '/.well-known/webfinger', status: 302, headers: { location: `${server.url}/elsewhere` }, times: 1 })
  const { authorizeUrl } = await redirect.begin(input(`ann@${server.host}`), server.call(t))
  t.equal(new URL(authorizeUrl).origin, server.url, 'plain http is not followed')
})

t.test('takes the server from webfinger only if users may name it', async (t) => {
  const answer = (href: string) => server.fault({ match: '/.well-known/webfinger', times: 1, status: 200, body: { links: [{ rel: 'self', href }] } })
  for (const href of ['http://evil.example/users/ann', 'javascript:alert(1)', 'nonsense']) {
    await answer(href)
    const { authorizeUrl } = await redirect.begin(input(`ann@${server.host}`), server.call(t))
    t.equal(new URL(authorizeUrl).origin, server.url, href)
  }
  await answer('https://10.0.0.1/users/ann')
  await refused(t, redirect.begin(input(`ann@${server.host}`), server.call(t)), { transport: 'notAllowed' }, 'it is guarded like any other')
})

t.test('explains a host that registers no clients', async (t) => {
  await server.fault({ match: '/api/v1/apps', status: 404, body: '<html>', times: 1 })
  const other = { ...input(server.host), redirectUri: `${callback}/refused` }
  await refused(t, redirect.begin(other, server.call(t)), { kind: 'rejected', reason: 'host registers no clients' })
})
