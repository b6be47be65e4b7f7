import t from 'tap'
import { loadConfig, publicUrl } from '../../src/config/index.ts'

t.test('the public URL is where the API listens, unless it is configured', async (t) => {
  t.equal(publicUrl(loadConfig({})), 'http://127.0.0.1:4000')
  t.equal(publicUrl(loadConfig({ PORT: '0' }), 5123), 'http://127.0.0.1:5123', 'it contains the port that was chosen')
  t.equal(publicUrl(loadConfig({ HOST: '::1' })), 'http://[::1]:4000')
  t.equal(publicUrl(loadConfig({ HOST: '0.0.0.0' })), 'http://127.0.0.1:4000', 'a client cannot connect to a wildcard address')
  t.equal(publicUrl(loadConfig({ PUBLIC_URL: 'https://ring.site.example/' }), 5123), 'https://ring.site.example')
})
