import t from 'tap'
import { loadConfig, providerConfig, publicUrl } from '../../src/config/index.ts'

t.test('browsers reach the API where it listens, unless it is said where else', async (t) => {
  t.equal(publicUrl(loadConfig({})), 'http://127.0.0.1:4000')
  t.equal(publicUrl(loadConfig({ PORT: '0' }), 5123), 'http://127.0.0.1:5123', 'the port that was picked')
  t.equal(publicUrl(loadConfig({ HOST: '::1' })), 'http://[::1]:4000')
  t.equal(publicUrl(loadConfig({ HOST: '0.0.0.0' })), 'http://127.0.0.1:4000', 'a wildcard is no address to go to')
  t.equal(publicUrl(loadConfig({ PUBLIC_URL: 'https://ring.site.example/' }), 5123), 'https://ring.site.example')
})

t.test('a provider is offered once its client is known', async (t) => {
  const none = { pushbullet: undefined, pumpio: undefined, blotre: undefined }
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
    ...none, pumpio: { application: { name: 'Site', contacts: [] }, insecureHosts: ['127.0.0.1:4401'] }
  })
  t.match(providerConfig(loadConfig({ BLOTRE_CLIENT_ID: 'client', BLOTRE_CLIENT_SECRET: 'hush', SITE_NAME: 'S' })), {
    blotre: { clientId: 'client', clientSecret: 'hush', url: 'https://blot.re', introduction: { name: /^S {2}$/ } }
  })
})
