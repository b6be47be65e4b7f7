import t from 'tap'
import { loadConfig, publicUrl } from '../../src/config/index.ts'

t.test('browsers reach the API where it listens, unless it is said where else', async (t) => {
  t.equal(publicUrl(loadConfig({})), 'http://127.0.0.1:4000')
  t.equal(publicUrl(loadConfig({ PORT: '0' }), 5123), 'http://127.0.0.1:5123', 'the port that was picked')
  t.equal(publicUrl(loadConfig({ HOST: '::1' })), 'http://[::1]:4000')
  t.equal(publicUrl(loadConfig({ HOST: '0.0.0.0' })), 'http://127.0.0.1:4000', 'a wildcard is no address to go to')
  t.equal(publicUrl(loadConfig({ PUBLIC_URL: 'https://ring.site.example/' }), 5123), 'https://ring.site.example')
})
