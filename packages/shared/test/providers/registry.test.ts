import t from 'tap'
import { createProviders, trustedOrigins } from '../../src/providers/index.ts'

const pushbullet = {
  clientId: 'carillon',
  clientSecret: 'sandbox-secret',
  authorizeUrl: 'http://127.0.0.1:4400/pushbullet/authorize',
  apiUrl: 'http://127.0.0.1:4400/pushbullet'
}

const blotre = { clientId: 'carillon', clientSecret: 'sandbox-secret', url: 'https://blot.re' }

const facebook = {
  clientId: 'carillon',
  clientSecret: 'sandbox-secret',
  wwwUrl: 'http://127.0.0.1:4400/facebook/www',
  graphUrl: 'https://graph.facebook.com',
  version: 'v26.0',
  scope: ['ads_read']
}

t.test('offers the providers that are configured, by id', async (t) => {
  const providers = createProviders({ facebook, blotre, pushbullet })
  t.same([...providers.keys()], ['pushbullet', 'blotre', 'facebook'])
  for (const [id, provider] of providers) t.equal(provider.id, id)
})

t.test('offers no provider without configuration', async (t) => {
  t.equal(createProviders({}).size, 0)
  t.equal(createProviders({ pushbullet: undefined }).size, 0)
})

t.test('trusts the origins of what is configured, and nothing else', async (t) => {
  t.same(trustedOrigins({}), [])
  t.same(trustedOrigins({ pushbullet }), ['http://127.0.0.1:4400'])
  t.same(trustedOrigins({ pushbullet: { ...pushbullet, apiUrl: 'https://api.pushbullet.com' } }), ['https://api.pushbullet.com'])
  t.same(trustedOrigins({ pushbullet, blotre }), ['http://127.0.0.1:4400', 'https://blot.re'])
  t.same(trustedOrigins({ facebook }), ['https://graph.facebook.com'], 'where browsers alone go, nothing is asked')
})

t.test('turns away a base URL that is none', async (t) => {
  t.throws(() => createProviders({ pushbullet: { ...pushbullet, apiUrl: 'api.pushbullet.com' } }), TypeError)
  t.throws(() => createProviders({ blotre: { ...blotre, url: 'blot.re' } }), TypeError)
})
