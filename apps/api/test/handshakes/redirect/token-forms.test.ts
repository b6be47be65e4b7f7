import { createBrowser } from '@carillon/testing'
import t from 'tap'
import { tokenForms } from '../../../../../packages/shared/test/providers/oauth2/token-forms.ts'
import { addParameters } from '../../../src/handshakes/redirect/oauth2-flow.ts'
import { at, openTestApi, textAt } from '../../open-api.ts'

const api = await openTestApi(t, { offer: ['pushbullet', 'blotre'] })

async function walk (user: string, provider: 'pushbullet' | 'blotre', beforeExchange?: () => Promise<unknown>) {
  const token = await api.makeUser(user)
  const browser = createBrowser()
  const { body } = await api.ask('POST', '/v1/handshakes', { token, body: { provider, returnTo: 'https://site.example/' } })
  const { location: authorizeUrl = '' } = await browser.submit(await browser.get(textAt(body, 'startUrl')))
  const callback = (await browser.get(`${authorizeUrl}&auto=allow&account=${user}`)).location ?? ''
  await beforeExchange?.()
  const answer = await browser.get(callback)
  // Blot're's accounts are stored only after the user has confirmed them.
  const asks = answer.location?.includes('/account?') === true
  const { location } = asks ? await browser.submit(await browser.get(answer.location ?? '')) : answer
  const [connection] = [at((await api.ask('GET', '/v1/connections', { token })).body, 'data.0')]
  return { token, authorizeUrl, location, connection }
}

t.test('keeps tokens in every format of a token response', async (t) => {
  for (const [index, { what, rewrite, expires }] of tokenForms.entries()) {
    const { token, location, connection } = await walk(`form-${index}`, 'blotre', () =>
      api.control('POST', '/faults', { provider: 'blotre', match: 'access_token', rewrite, times: 1 }))
    t.match(location, 'carillon=connected', what)
    t.equal(at(connection, 'expiresAt') === null, expires === 'none', `${what}: expiry`)
    const test = await api.ask('POST', `/v1/connections/${textAt(connection, 'id')}/test`, { token })
    t.match(test.body, { ok: true }, `${what}: the token works`)
  }
})

t.test('sends no scope when there is none', async (t) => {
  for (const provider of ['pushbullet', 'blotre'] as const) {
    const { authorizeUrl } = await walk('scopeless', provider)
    t.notMatch(authorizeUrl, 'scope', provider)
    t.match(authorizeUrl, 'response_type=code', provider)
  }
})

t.test('encodes a space in the authorization URL as %20', async (t) => {
  const made = new URL('https://a.example/authorize?from=them')
  for (const [name, value] of Object.entries({ scope: 'read write', state: 'a+b' })) made.searchParams.set(name, value)
  t.equal(addParameters(made.href, { more: '1 2' }), 'https://a.example/authorize?from=them&scope=read%20write&state=a%2Bb&more=1%202')
  t.equal(addParameters('https://a.example/authorize?scope=&state=s'), 'https://a.example/authorize?state=s')
})
