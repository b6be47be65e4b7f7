import t from 'tap'
import { openTestBlotre, REDIRECT } from './open-test-blotre.ts'

const blotre = await openTestBlotre(t)

async function consent (fields: Record<string, string>, query = '') {
  return await blotre.call('POST', `/blotre/v0/oauth2/authorize${query}`, {
    body: new URLSearchParams({ response_type: 'code', client_id: 'carillon', extra_data: REDIRECT, action: 'allow', ...fields })
  })
}

t.test('redirects a user who allows by 303, with a code and an empty state', async (t) => {
  const { status, headers } = await blotre.authorize({ auto: 'allow' })
  t.equal(status, 303)
  t.match(headers.get('location'), /^http:\/\/127\.0\.0\.1:4000\/connect\/blotre\/callback\?code=\w{48}&state=$/)
})

t.test('reports a denial with the recorded parameters and an empty state', async (t) => {
  const { status, headers } = await blotre.authorize({ auto: 'deny' })
  t.equal(status, 303)
  t.equal(headers.get('location'),
    `${REDIRECT}?error=access_denied&error_description=User+rejected+access+for+your+application&state=`)
})

t.test('loses the state, unless the query of the form contains it', async (t) => {
  for (const auto of ['allow', 'deny']) {
    t.match((await blotre.authorize({ auto, state: 'mine' })).headers.get('location'), /[?&]state=$/)
    t.match((await consent({ action: auto, state: 'mine' })).headers.get('location'), /[?&]state=$/)
    t.match((await consent({ action: auto }, '?state=mine')).headers.get('location'), /[?&]state=mine$/)
  }
})

t.test('shows an error page as 404 for an unknown client or any other redirect_uri', async (t) => {
  const faults: Record<string, Record<string, string>> = {
    'a foreign client': { client_id: 'somebody' },
    'another path': { redirect_uri: 'http://127.0.0.1:4000/elsewhere' },
    'a query, for nothing but the registered line is taken': { redirect_uri: `${REDIRECT}?state=x` },
    'a bare question mark': { redirect_uri: `${REDIRECT}?` },
    'a slash too many': { redirect_uri: `${REDIRECT}/` },
    'a fragment': { redirect_uri: `${REDIRECT}#x` },
    'a foreign host': { redirect_uri: 'https://evil.example/connect/blotre/callback' },
    'a host that only begins like ours': { redirect_uri: 'http://127.0.0.1.evil.example/connect/blotre/callback' },
    'another spelling of the same': { redirect_uri: 'http://127.0.0.1:4000/x/../connect/blotre/callback' },
    'a scheme of another kind': { redirect_uri: 'javascript://localhost/connect/blotre/callback' },
    'no redirect_uri': { redirect_uri: '' }
  }
  for (const [name, changes] of Object.entries(faults)) {
    for (const auto of [{}, { auto: 'allow' }, { auto: 'deny' }]) {
      const { status, headers, text } = await blotre.authorize({ ...changes, ...auto })
      t.equal(status, 404, name)
      t.equal(headers.get('location'), null, name)
      t.match(headers.get('content-type'), /^text\/html/, name)
      t.match(text, 'No matching application found', name)
    }
  }
})

t.test('shows an error page as 200 for any other response_type', async (t) => {
  for (const auto of [{}, { auto: 'allow' }, { auto: 'deny' }]) {
    const { status, headers, text } = await blotre.authorize({ response_type: 'token', ...auto })
    t.equal(status, 200)
    t.equal(headers.get('location'), null)
    t.match(text, 'Unsupported action.')
  }
})

t.test('requires response_type and client_id to find the route', async (t) => {
  for (const query of ['', '?response_type=code', '?client_id=carillon']) {
    const { status, headers } = await blotre.call('GET', `/blotre/v0/oauth2/authorize${query}`)
    t.equal(status, 400)
    t.match(headers.get('content-type'), /^text\/html/)
  }
})

t.test('shows a person the two buttons and existing accounts, and escapes its content', async (t) => {
  await blotre.code('zoe')
  const { status, text } = await blotre.authorize({ account: '"><script>alert(1)</script>' })
  t.equal(status, 200)
  t.match(text, /<button name="action" value="deny"[^>]*>Deny</)
  t.match(text, /<button name="action" value="allow"[^>]*>Allow</)
  t.match(text, /<form method="post" action="authorize">/)
  t.match(text, /<option value="zoe">/)
  t.notMatch(text, '<script>')
})

t.test('follows the form of the page', async (t) => {
  t.match((await consent({ action: 'deny' })).headers.get('location'), 'error=access_denied')
  const { status, headers } = await consent({ account: 'carol' })
  t.equal(status, 303)
  const code = new URL(headers.get('location') ?? '').searchParams.get('code') ?? ''
  t.match((await blotre.redeemCode(code)).json, { user: { userName: 'carol' } })
})

t.test('checks a posted form like a link', async (t) => {
  for (const changes of [{ client_id: 'somebody' }, { extra_data: 'https://evil.example/' }]) {
    const allowed = await consent(changes)
    t.match(allowed, { status: 404, text: '' }, 'allowing gets nothing at all')
    const denied = await consent({ ...changes, action: 'deny' })
    t.equal(denied.status, 404)
    t.match(denied.text, 'No matching application found', 'denying gets a page')
  }
  for (const name of ['response_type', 'client_id', 'extra_data', 'action']) {
    t.match(await consent({ [name]: '' }), { status: 400 }, `${name} is missing`)
  }
  t.match(await consent({ action: 'maybe' }), { status: 400 })
  t.match(await consent({ response_type: 'token' }), { status: 400 })
  t.match(await blotre.call('POST', '/blotre/v0/oauth2/authorize', { body: { action: 'allow' } }), { status: 400 })
})

t.test('accepts any loopback host and port', async (t) => {
  for (const host of ['localhost:1', '127.0.0.1', '127.8.9.10:65535', '[::1]:4000', 'shop.localhost']) {
    const { status } = await blotre.authorize({ auto: 'allow', redirect_uri: `https://${host}/connect/blotre/callback` })
    t.equal(status, 303, host)
  }
})

t.test('refuses a third decision, and names that Blot\'re refuses', async (t) => {
  t.match(await blotre.authorize({ auto: 'maybe' }), { status: 400 })
  for (const account of ['ab', 'x'.repeat(65), 'a/b', 'zoë']) t.match(await blotre.authorize({ auto: 'allow', account }), { status: 400 }, account)
})

t.test('reads the first of a parameter that occurs twice', async (t) => {
  const query = new URLSearchParams({ response_type: 'code', client_id: 'carillon', redirect_uri: REDIRECT, auto: 'deny' })
  const { status, headers } = await blotre.call('GET', `/blotre/v0/oauth2/authorize?${query}&auto=allow&client_id=x&redirect_uri=y&account=one&account=two`)
  t.equal(status, 303)
  t.match(headers.get('location'), 'error=access_denied')
})

t.test('shows a person how to exchange the code', async (t) => {
  const { headers } = await blotre.authorize({ auto: 'allow', redirect_uri: `${blotre.url}/blotre/granted` })
  const { status, text } = await blotre.call('GET', (headers.get('location') ?? '').slice(blotre.url.length))
  t.equal(status, 200)
  t.match(text, /curl .*access_token .*--data-urlencode code=\w{48}/)
})
