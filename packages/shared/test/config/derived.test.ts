import t from 'tap'
import { loadConfig, providerConfig, publicUrl } from '../../src/config/index.ts'
import { createProviders } from '../../src/providers/index.ts'

t.test('browsers reach the API where it listens, unless it is said where else', async (t) => {
  t.equal(publicUrl(loadConfig({})), 'http://127.0.0.1:4000')
  t.equal(publicUrl(loadConfig({ PORT: '0' }), 5123), 'http://127.0.0.1:5123', 'the port that was picked')
  t.equal(publicUrl(loadConfig({ HOST: '::1' })), 'http://[::1]:4000')
  t.equal(publicUrl(loadConfig({ HOST: '0.0.0.0' })), 'http://127.0.0.1:4000', 'a wildcard is no address to go to')
  t.equal(publicUrl(loadConfig({ PUBLIC_URL: 'https://ring.site.example/' }), 5123), 'https://ring.site.example')
})

t.test('a provider is offered once its client is known', async (t) => {
  const none = { pushbullet: undefined, pumpio: undefined, blotre: undefined, facebook: undefined }
  t.same(providerConfig(loadConfig({})), none)
  t.same(providerConfig(loadConfig({ PUSHBULLET_CLIENT_ID: 'client', PUSHBULLET_CLIENT_SECRET: 'hush' })), {
    ...none,
    pushbullet: {
      clientId: 'client',
      clientSecret: 'hush',
      authorizeUrl: 'https://www.pushbullet.com/authorize',
      apiUrl: 'https://api.pushbullet.com'
    }
  })
  t.same(providerConfig(loadConfig({ PUMPIO_CLIENT_NAME: 'Site', PUMPIO_HTTP_HOSTS: '127.0.0.1:4401' })), {
    ...none, pumpio: { application: { name: 'Site', contacts: [] }, insecureHosts: ['127.0.0.1:4401'], audience: 'followers' }
  })
  t.match(providerConfig(loadConfig({ BLOTRE_CLIENT_ID: 'client', BLOTRE_CLIENT_SECRET: 'hush', SITE_NAME: 'S' })), {
    blotre: { clientId: 'client', clientSecret: 'hush', url: 'https://blot.re', introduction: { name: /^S {2}$/ } }
  })
  t.same(providerConfig(loadConfig({ FACEBOOK_CLIENT_ID: 'app', FACEBOOK_CLIENT_SECRET: 'hush', FACEBOOK_SCOPE: 'ads_read,email' })), {
    ...none,
    facebook: {
      clientId: 'app',
      clientSecret: 'hush',
      wwwUrl: 'https://www.facebook.com',
      graphUrl: 'https://graph.facebook.com',
      version: 'v26.0',
      scope: ['ads_read', 'email']
    }
  })
  for (const [name, value] of Object.entries({ FACEBOOK_VERSION: '26', FACEBOOK_SCOPE: 'Ads Read' })) {
    t.throws(() => loadConfig({ [name]: value }), { message: new RegExp(`^${name} .*; it takes `) })
  }
})

t.test('a provider looks and is heard as the operator says', async (t) => {
  const pumpio = { PUMPIO_CLIENT_NAME: 'Site', PUMPIO_AUDIENCE: 'public' }
  const blotre = { BLOTRE_CLIENT_ID: 'client', BLOTRE_CLIENT_SECRET: 'hush', BLOTRE_TAGS: 'site, prod', BLOTRE_COLORS: 'error=B91C1C,info=000000' }
  const config = providerConfig(loadConfig({ ...pumpio, ...blotre }))
  t.match(config, {
    pumpio: { audience: 'public' }, blotre: { tags: ['site', 'prod'], colors: { error: '#b91c1c', info: '#000000' } }
  })
  t.doesNotThrow(() => createProviders(config), 'and the clients take it')
  t.match(providerConfig(loadConfig({ ...blotre, BLOTRE_TAGS: '', BLOTRE_COLORS: '' })), { blotre: { tags: [], colors: {} } })
  for (const [name, value] of Object.entries({ PUMPIO_AUDIENCE: 'me', BLOTRE_TAGS: 'two words', BLOTRE_COLORS: 'error=#b91c1c' })) {
    t.throws(() => loadConfig({ ...pumpio, ...blotre, [name]: value }), { message: new RegExp(`^${name} .*; it takes `) })
  }
})
