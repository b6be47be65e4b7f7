import t from 'tap'
import { fails } from '../fails.ts'
import { openService } from '../open-service.ts'

t.test('replaces a rotated refresh token at once, and the account stays', async (t) => {
  const { connect, context, provider } = await openService(t)
  const { credentials, account } = await connect()
  const refreshed = await provider.refresh?.(credentials, context)
  t.match(refreshed?.credentials, { account, subject: 'noticeboard|ann', refreshToken: /./ })
  t.not(refreshed?.credentials.refreshToken, credentials.refreshToken)
  t.ok(refreshed?.expiresAt)
  t.same(await provider.identify(refreshed?.credentials ?? {}, context), account)
})

t.test('keeps the refresh token when the server returns none', async (t) => {
  const { connect, context, provider, quirk } = await openService(t)
  await quirk('keepsRefreshToken')
  const { credentials } = await connect()
  for (let round = 0; round < 2; round++) {
    const refreshed = await provider.refresh?.(credentials, context)
    t.equal(refreshed?.credentials.refreshToken, credentials.refreshToken)
  }
})

t.test('learns from reuse detection that all tokens are dead', async (t) => {
  const { connect, context, provider } = await openService(t)
  const { credentials } = await connect()
  const refreshed = await provider.refresh?.(credentials, context)
  await fails(t, provider.refresh?.(credentials, context), 'unauthorized', /invalid_grant/)
  await fails(t, provider.refresh?.(refreshed?.credentials ?? {}, context), 'unauthorized', /invalid_grant/)
})

t.test('accepts no refreshed token of another user, and loses none because of its id_token', async (t) => {
  const { connect, context, provider, quirk } = await openService(t)
  const { credentials } = await connect()
  await quirk('signsWithUnknownKey')
  await quirk('clockIsSlow')
  const { credentials: newer } = await provider.refresh?.(credentials, context) ?? {}
  t.ok(newer?.refreshToken)
  await fails(t, provider.refresh?.({ ...newer, subject: 'noticeboard|eve' } as typeof newer & object, context), 'unauthorized', /another user/)
})

t.test('blames the configuration, and no user, when the client is not accepted', async (t) => {
  const { connect, simulator } = await openService(t)
  const { credentials } = await connect()
  const { provider, context } = await openService(t, { clientSecret: 'wrong' }, simulator)
  await fails(t, provider.refresh?.(credentials, context), 'misconfigured', /check clientId, clientSecret and tokenAuthMethod/)
  await fails(t, provider.revoke?.(credentials, context), 'misconfigured', /invalid_client/)
})

t.test('reads an error in a token response with status 200', async (t) => {
  const { connect, context, provider, simulator } = await openService(t, { tokenErrorPointer: '/error' })
  const { credentials } = await connect()
  for (const [error, kind] of [['token_revoked', 'unauthorized'], ['invalid_client_id', 'rejected'], ['unauthorized_client', 'misconfigured']] as const) {
    await simulator.fault(t, { match: '/token', status: 200, body: { ok: false, error, access_token: 'left-over' }, times: 1 })
    await fails(t, provider.refresh?.(credentials, context), kind, /./)
  }
  t.ok(await provider.refresh?.(credentials, context))
})

t.test('accepts a token type other than bearer only where the document says so', async (t) => {
  const { connect, simulator } = await openService(t)
  const body = { access_token: 'a', token_type: 'bot', refresh_token: 'b' }
  const { credentials } = await connect()
  for (const tokenType of ['bearer', 'any']) {
    const { provider, context } = await openService(t, { tokenType }, simulator)
    await simulator.fault(t, { match: '/token', status: 200, body, times: 1 })
    if (tokenType === 'any') t.match(await provider.refresh?.(credentials, context), { credentials: { accessToken: 'a', refreshToken: 'b' } })
    else await fails(t, provider.refresh?.(credentials, context), 'rejected', /fails a check/)
  }
})

t.test('revokes the refresh token, or the access token where there is none or the document says so', async (t) => {
  const { connect, context, provider, simulator } = await openService(t)
  const { credentials } = await connect()
  await simulator.fault(t, { match: '/revoke', status: 503, headers: { 'retry-after': '60' }, body: {}, times: 1 })
  await fails(t, provider.revoke?.(credentials, context), 'rateLimited', /not available/)
  t.ok(await provider.identify(credentials, context), 'it is not revoked yet')
  await provider.revoke?.(credentials, context)
  await fails(t, provider.identify(credentials, context), 'expired', /not accepted/)
  await provider.revoke?.(credentials, context)
  t.equal(provider.revokes, 'token')

  const access = await openService(t, { revoke: { token: 'access', all: true } }, simulator)
  t.equal(access.provider.revokes, 'account')
  const { credentials: others } = await access.connect()
  await access.provider.revoke?.(others, access.context)
  await fails(t, access.provider.identify(others, access.context), 'expired', /not accepted/)
  const none = await openService(t, { revoke: undefined }, simulator)
  t.equal(none.provider.revoke, undefined)
})
