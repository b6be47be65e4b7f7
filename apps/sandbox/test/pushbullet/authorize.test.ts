import t from 'tap'
import { openTestSandbox } from '../open-test-sandbox.ts'

const sandbox = await openTestSandbox(t)
const REDIRECT = 'http://127.0.0.1:4000/connect/pushbullet/callback?state=a%20b%2Fc&x=1'

function query (changes: Record<string, string> = {}): string {
  return new URLSearchParams({ client_id: 'carillon', redirect_uri: REDIRECT, response_type: 'code', ...changes }).toString()
}

async function authorize (changes: Record<string, string>): Promise<{ status: number, location: string | null, text: string }> {
  const { status, headers, text } = await sandbox.call('GET', `/pushbullet/authorize?${query(changes)}`)
  return { status, location: headers.get('location'), text }
}

t.test('appends the code to the redirect_uri, and keeps its query unchanged', async (t) => {
  const { status, location } = await authorize({ auto: 'allow' })
  t.equal(status, 302)
  t.match(location, /^http:\/\/127\.0\.0\.1:4000\/connect\/pushbullet\/callback\?state=a%20b%2Fc&x=1&code=\w+$/)
})

t.test('adds a query to a redirect_uri without one', async (t) => {
  const { location } = await authorize({ auto: 'allow', redirect_uri: 'http://localhost/connect/pushbullet/callback' })
  t.match(location, /callback\?code=\w+$/)
})

t.test('reports a denial only as error=access_denied', async (t) => {
  const { status, location } = await authorize({ auto: 'deny' })
  t.equal(status, 302)
  t.equal(location, `${REDIRECT}&error=access_denied`)
})

t.test('never returns a separate state', async (t) => {
  for (const auto of ['allow', 'deny']) {
    const { location } = await authorize({ auto, state: 'mine', scope: 'everything' })
    t.notMatch(location, /mine|scope/)
  }
})

t.test('puts the token into the fragment when response_type is token', async (t) => {
  const { location } = await authorize({ auto: 'allow', response_type: 'token' })
  t.ok(location?.startsWith(`${REDIRECT}#access_token=o.`))
})

t.test('ends a token flow on its own landing page', async (t) => {
  const landing = `${sandbox.url}/pushbullet/login-success`
  const { location } = await authorize({ auto: 'allow', response_type: 'token', redirect_uri: landing })
  t.ok(location?.startsWith(`${landing}#access_token=o.`))
  const { status, text } = await sandbox.call('GET', '/pushbullet/login-success')
  t.equal(status, 200)
  t.match(text, 'Decided')
})

t.test('shows an error page without a redirect', async (t) => {
  const faults: Record<string, Record<string, string>> = {
    'a foreign client_id': { client_id: 'somebody' },
    'another path': { redirect_uri: 'http://127.0.0.1:4000/elsewhere' },
    'a foreign host': { redirect_uri: 'https://evil.example/connect/pushbullet/callback' },
    'a host that only begins like ours': { redirect_uri: 'http://127.0.0.1.evil.example/connect/pushbullet/callback' },
    'a scheme of another kind': { redirect_uri: 'javascript://localhost/connect/pushbullet/callback' },
    'no address at all': { redirect_uri: 'callback' },
    'a fragment': { redirect_uri: 'http://localhost/connect/pushbullet/callback#x' },
    'an unknown response_type': { response_type: 'id_token' }
  }
  for (const [name, changes] of Object.entries(faults)) {
    for (const auto of [{}, { auto: 'allow' }, { auto: 'deny' }]) {
      const { status, location, text } = await authorize({ ...changes, ...auto })
      t.equal(status, 400, name)
      t.equal(location, null, name)
      t.match(text, 'cannot be granted', name)
    }
  }
})

t.test('refuses a third decision', async (t) => {
  t.match(await authorize({ auto: 'maybe' }), { status: 400, location: null })
})

t.test('accepts any loopback host and port', async (t) => {
  for (const host of ['localhost:1', '127.0.0.1', '127.8.9.10:65535', '[::1]:4000', 'shop.localhost']) {
    const { status } = await authorize({ auto: 'allow', redirect_uri: `https://${host}/connect/pushbullet/callback` })
    t.equal(status, 302, host)
  }
})

t.test('shows a person the two buttons, and escapes its content', async (t) => {
  const { status, text } = await authorize({ account: '"><script>alert(1)</script>', state: '<b>' })
  t.equal(status, 200)
  t.match(text, /<button name="decision" value="deny"[^>]*>Deny</)
  t.match(text, /<button name="decision" value="allow"[^>]*>Allow</)
  t.notMatch(text, '<script>')
  t.notMatch(text, '<b>')
})

t.test('grants as alice by default', async (t) => {
  t.match((await authorize({})).text, /name="account" value="alice"/)
  t.match((await authorize({ account: 'bob' })).text, /name="account" value="bob"/)
})

t.test('follows the pressed button', async (t) => {
  const fields = { client_id: 'carillon', redirect_uri: REDIRECT, response_type: 'code', account: 'carol' }
  const post = async (decision: string): Promise<string | null> => {
    const body = new URLSearchParams({ ...fields, decision })
    return (await sandbox.call('POST', '/pushbullet/authorize', { body })).headers.get('location')
  }
  t.equal(await post('deny'), `${REDIRECT}&error=access_denied`)
  const code = new URL(await post('allow') ?? '').searchParams.get('code')
  const { json: { access_token: token } } = await sandbox.call('POST', '/pushbullet/oauth2/token', {
    body: { grant_type: 'authorization_code', client_id: 'carillon', client_secret: 'sandbox-secret', code }
  })
  const { json } = await sandbox.call('GET', '/pushbullet/v2/users/me', { headers: { 'access-token': String(token) } })
  t.equal(json['name'], 'Carol')
})

t.test('checks a posted form like a link', async (t) => {
  for (const body of [new URLSearchParams({ decision: 'allow' }), undefined]) {
    const { status, headers } = await sandbox.call('POST', '/pushbullet/authorize', { body })
    t.equal(status, 400)
    t.equal(headers.get('location'), null)
  }
})

t.test('refuses a parameter that occurs twice', async (t) => {
  for (const name of ['client_id', 'redirect_uri', 'response_type', 'auto', 'account']) {
    const { status } = await sandbox.call('GET', `/pushbullet/authorize?${query()}&${name}=one&${name}=two`)
    t.equal(status, 400, name)
  }
})
