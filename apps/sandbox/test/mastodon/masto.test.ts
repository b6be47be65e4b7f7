import { randomUUID } from 'node:crypto'
import { createOAuthAPIClient, createRestAPIClient, MastoHttpError } from 'masto'
import t from 'tap'
import { openSandbox } from '../../src/index.ts'

const outOfBand = 'urn:ietf:wg:oauth:2.0:oob'
const { url: sandboxUrl, urlOf, close } = await openSandbox()
t.teardown(close)
const url = urlOf('mastodon')

async function control (method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${sandboxUrl}/_control/${path}`, {
    method, ...body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  })
  return await response.json()
}

async function logIn (account: string): Promise<{ accessToken: string, clientId: string, clientSecret: string }> {
  const { clientId, clientSecret } = await createRestAPIClient({ url }).v1.apps.create({
    clientName: 'masto', redirectUris: outOfBand, scopes: 'read write'
  })
  if (typeof clientId !== 'string' || typeof clientSecret !== 'string') throw new Error('there is no client')
  const query = new URLSearchParams({ client_id: clientId, redirect_uri: outOfBand, response_type: 'code', scope: 'read write', auto: 'allow', account })
  const page = await (await fetch(`${url}/oauth/authorize?${query}`)).text()
  const [, code = ''] = /id="verifier">([^<]+)</.exec(page) ?? []
  const { accessToken } = await createOAuthAPIClient({ url }).token.create({
    clientId, clientSecret, code, redirectUri: outOfBand, grantType: 'authorization_code', scope: 'read write'
  })
  return { accessToken, clientId, clientSecret }
}

t.test('serves masto.js: registration, login, posts with a key, and revocation', async (t) => {
  const { accessToken, clientId, clientSecret } = await logIn('ann')
  const masto = createRestAPIClient({ url, accessToken })
  t.match(await masto.v1.accounts.verifyCredentials(), { username: 'ann', acct: 'ann' })
  t.match(await masto.v2.instance.fetch(), { version: /^4\./, configuration: { statuses: { maxCharacters: 500 } } })

  const options = { requestInit: { headers: new Headers({ 'idempotency-key': randomUUID() }) } }
  const status = await masto.v1.statuses.create({ status: 'Hello from masto', visibility: 'unlisted' }, options)
  t.match(status, { visibility: 'unlisted', content: '<p>Hello from masto</p>', account: { username: 'ann' } })
  t.equal((await masto.v1.statuses.create({ status: 'Anything else', visibility: 'public' }, options)).id, status.id, 'the body is not compared')
  t.not((await masto.v1.statuses.create({ status: 'Hello from masto' })).id, status.id)
  t.match(await control('GET', `inbox?provider=mastodon&account=ann@${new URL(url).host}`), { data: { length: 2 } })

  await masto.v1.statuses.$select(status.id).remove()
  await t.rejects(masto.v1.statuses.create({ status: 'Again' }, options), { statusCode: 404, message: 'Record not found' })
  await createOAuthAPIClient({ url }).revoke({ clientId, clientSecret, token: accessToken })
  await t.rejects(masto.v1.accounts.verifyCredentials(), { statusCode: 401, message: 'The access token is invalid' })
})

t.test('tells masto.js what is wrong in the words of Mastodon', async (t) => {
  const masto = createRestAPIClient({ url, accessToken: (await logIn('bob')).accessToken })
  const error = await masto.v1.statuses.create({ status: 'x'.repeat(501) }).catch((error: unknown) => error)
  t.ok(error instanceof MastoHttpError)
  t.match(error, { statusCode: 422, message: 'Validation failed: Text character limit of 500 exceeded' })
  await t.rejects(masto.v1.statuses.create({ status: '' }), { statusCode: 422, message: /can't be blank/ })
  await control('POST', 'mastodon/disable-user', { account: 'bob', isDisabled: true })
  await t.rejects(masto.v1.accounts.verifyCredentials(), { statusCode: 403, message: 'Your login is currently disabled' })
})

t.test('limits the requests of a token, and states the end as a date', async (t) => {
  const { accessToken } = await logIn('lee')
  const read = async () => await fetch(`${url}/api/v1/accounts/verify_credentials`, { headers: { authorization: `Bearer ${accessToken}` } })
  const responses = []
  for (let number = 0; number <= 300; number++) responses.push(await read())
  t.same(responses.filter(({ status }) => status === 200).length, 300)
  t.equal(responses.at(-1)?.status, 429)
  t.match(responses.at(-1)?.headers.get('x-ratelimit-reset'), /^\d{4}-\d\d-\d\dT[\d:]+\.\d{6}Z$/)
  await control('POST', 'clock', { advanceSeconds: 300 })
  t.equal((await read()).status, 200)
})
