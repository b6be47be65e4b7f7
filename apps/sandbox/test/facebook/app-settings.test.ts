import t from 'tap'
import { readAppSettings } from '../../src/facebook/removal/app-settings.ts'

t.test('reads the addresses of the app, or derives them from the API', async (t) => {
  t.same(readAppSettings({}), { deauthorizeUrl: null, deletionUrl: null })
  t.same(readAppSettings({ SANDBOX_APP_URL: 'http://127.0.0.1:4000' }), {
    deauthorizeUrl: 'http://127.0.0.1:4000/connect/facebook/deauthorize', deletionUrl: 'http://127.0.0.1:4000/connect/facebook/delete'
  })
  t.match(readAppSettings({ SANDBOX_APP_URL: 'http://127.0.0.1:4000', SANDBOX_FACEBOOK_DELETION_URL: 'http://app.example/delete' }), {
    deauthorizeUrl: 'http://127.0.0.1:4000/connect/facebook/deauthorize', deletionUrl: 'http://app.example/delete'
  })
  t.throws(() => readAppSettings({ SANDBOX_FACEBOOK_DELETION_URL: 'app.example' }),
    { message: 'SANDBOX_FACEBOOK_DELETION_URL: got "app.example", expected a URL of http or https' })
})
