import { createBrowser } from '@carillon/testing'
import { findSealed } from '@carillon/shared/connections'
import { openCredentials } from '@carillon/shared/grants'
import { parseId } from '@carillon/shared/db'
import t from 'tap'
import { openTestApi, textAt } from '../open-api.ts'
import { openWalk } from './walk.ts'

t.test('logs no secret of a redirect', async (t) => {
  const api = await openTestApi(t)
  const secrets = new Map<string, string>()
  const token = await api.makeUser('careful')
  const key = await api.makeKey()
  secrets.set('user token', token).set('API key', key).set('client secret', 'sandbox-secret')

  // A success, and each failure that handles a secret.
  const walks = [await openWalk(api, token), await openWalk(api, token), await openWalk(api, token), await openWalk(api, token)]
  for (const [index, walk] of walks.entries()) {
    const callback = new URL(await walk.toCallback(index === 1 ? 'deny' : 'allow'))
    secrets.set(`state ${index}`, callback.searchParams.get('state') ?? '')
    if (index !== 1) secrets.set(`code ${index}`, callback.searchParams.get('code') ?? '')
    const leaky = { provider: 'pushbullet', match: '/oauth2/token', times: 1, headers: { 'content-type': 'application/json' } }
    if (index === 2) await api.control('POST', '/faults', { ...leaky, status: 200, body: '{"access_token":"leaked-token' })
    if (index === 3) await api.control('POST', '/faults', { ...leaky, status: 400, body: { error: 'invalid_grant leaked-token' } })
    await createBrowser().get(callback.href)
    await walk.browser.get(callback.href)
    await walk.browser.get(callback.href)
    for (const cookie of await walk.browser.jar.getCookies(`${api.url}/connect`)) secrets.set(`cookie ${index}`, decodeURIComponent(cookie.value))
  }
  secrets.set('what the provider leaked', 'leaked-token')

  const { body } = await api.ask('GET', '/v1/connections', { token })
  const id = textAt(body, 'data.0.id')
  const provider = api.services.providers.get('pushbullet')
  const sealed = await findSealed(api.database, parseId('connection', id) ?? '')
  if (provider === undefined || sealed === undefined) throw new Error('there is no connection')
  secrets.set('access token', openCredentials(api.services.vault, provider, sealed).accessToken ?? '').set('sealed', sealed.credentials)

  await api.ask('POST', `/v1/connections/${id}/test`, { token })
  await api.control('POST', '/tokens/revoke', { provider: 'pushbullet' })
  await api.ask('POST', `/v1/connections/${id}/test`, { token })
  const imported = 'o.imported-secret'
  secrets.set('imported token', imported)
  const wanted = { userId: 'imported', provider: 'pushbullet', credentials: { accessToken: imported } }
  await api.ask('POST', '/v1/connections/import', { token: key, body: { connections: [wanted, { ...wanted, userId: 'held', account: { id: '1', name: 'x' } }] } })
  await api.ask('POST', '/v1/connections/import', { token: key, body: `{"connections":[{"credentials":{"accessToken":"${imported}` })
  await api.ask('GET', `/v1/nowhere?token=${token}&key=${key}`, { token: `${token}x` })
  await api.ask('GET', `/connect/${token}`)

  const log = api.logLines.join('')
  t.ok(api.logLines.length > 20, 'the log has lines')
  t.ok([...secrets.values()].every((secret) => secret.length >= 8), 'the test has collected secrets')
  for (const [name, secret] of secrets) {
    t.notOk(log.includes(secret), `the log does not contain the ${name}`)
    const [first = ''] = secret.split('.')
    if (first.length >= 20 && !first.startsWith('ey')) t.notOk(log.includes(first), `the log does not contain the first part of the ${name}`)
  }
})

t.test('stores no secret in plain text', async (t) => {
  const api = await openTestApi(t)
  const token = await api.makeUser('sealed')
  const walk = await openWalk(api, token)
  const callback = new URL(await walk.toCallback())
  await walk.browser.get(callback.href)
  const [{ all } = { all: '' }] = await api.database.sql<Array<{ all: string }>>`
    select (select string_agg(handshakes::text, '') from handshakes) || (select string_agg(connections::text, '') from connections)
      || (select string_agg(grants::text, '') from grants)
      || (select string_agg(api_keys::text, '') from api_keys) as all`
  t.match(all, 'v1.test.')
  const cookies = await walk.browser.jar.getCookies(`${api.url}/connect`)
  const secrets = [
    callback.searchParams.get('state'), callback.searchParams.get('code'), ...cookies.map(({ value }) => value.split('.')[0])
  ]
  t.equal(secrets.length, 3)
  for (const secret of secrets) t.notOk(all.includes(secret ?? 'null'))
})

t.test('logs no verifiers or codes, and stores them sealed', async (t) => {
  const api = await openTestApi(t, { offer: ['pumpio', 'blotre'] })
  const token = await api.makeUser('sly')
  const secrets = new Map<string, string>()
  const asked = { provider: 'pumpio', account: `sly@${api.pumpioHost}` }
  const pasted = (await api.ask('POST', '/v1/handshakes', { token, body: { ...asked, kind: 'verifier' } })).body
  const page = await createBrowser().get(`${textAt(pasted, 'authorizeUrl')}&auto=allow&account=sly`)
  secrets.set('request token', new URL(textAt(pasted, 'authorizeUrl')).searchParams.get('oauth_token') ?? '')
  secrets.set('verifier', /id="verifier"[^>]*>([^<]+)</.exec(page.text)?.[1]?.trim() ?? '')
  const withCode = (await api.ask('POST', '/v1/handshakes', { token, body: { provider: 'blotre', kind: 'code' } })).body
  secrets.set('code', textAt(withCode, 'code'))
  const rows = async () => JSON.stringify(await [
    await api.database.sql`select * from handshakes`, await api.database.sql`select * from registrations`,
    await api.database.sql`select * from connections`
  ])
  const before = await rows()

  await api.ask('POST', `/v1/handshakes/${textAt(pasted, 'id')}/verifier`, { token, body: { verifier: secrets.get('verifier') } })
  await createBrowser().get(`${textAt(withCode, 'redeemUrl')}?auto=allow&code=${textAt(withCode, 'code')}&account=sly`)
  await api.ask('POST', `/v1/handshakes/${textAt(withCode, 'id')}/redeem`, { token })
  const redirect = (await api.ask('POST', '/v1/handshakes', { token, body: asked })).body
  const browser = createBrowser()
  const { location } = await browser.submit(await browser.get(textAt(redirect, 'startUrl')))
  const callback = (await browser.get(`${location}&auto=allow&account=sly`)).location ?? ''
  secrets.set('second verifier', new URL(callback).searchParams.get('oauth_verifier') ?? '')
  await createBrowser().get(callback)
  await browser.get(callback)

  const { data } = (await api.ask('GET', '/v1/connections', { token })).body as { data: Array<{ id: string, provider: string }> }
  t.same(data.map(({ provider }) => provider).sort(), ['blotre', 'pumpio'])
  for (const { id, provider: name } of data) {
    const sealed = await findSealed(api.database, parseId('connection', id) ?? '')
    const provider = api.services.providers.get(name)
    if (provider === undefined || sealed === undefined) throw new Error('there is no connection')
    for (const [field, secret] of Object.entries(openCredentials(api.services.vault, provider, sealed))) {
      if (/token|secret/i.test(field)) secrets.set(`${name} ${field}`, String(secret))
    }
    await api.ask('POST', `/v1/connections/${id}/test`, { token })
    await api.ask('GET', `/v1/connections/${id}/proxy/api/whoami?secret=quiet-please`, { token: await api.makeKey() })
  }
  secrets.set('query', 'quiet-please')
  const log = api.logLines.join('')
  t.ok(secrets.size > 8, 'the test has collected secrets')
  for (const [name, secret] of secrets) {
    t.ok(secret.length >= 8, name)
    t.notOk(log.includes(secret), `the log does not contain the ${name}`)
    t.notOk(before.includes(secret) || (name !== 'query' && (await rows()).includes(secret)), `the rows do not contain the ${name}`)
  }
})
