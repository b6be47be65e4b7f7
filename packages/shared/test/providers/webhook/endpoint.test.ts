import t from 'tap'
import { accountOf, createEndpointReader, keepRetiring } from '../../../src/providers/webhook/endpoint.ts'
import type { WebhookCredentials } from '../../../src/providers/webhook/endpoint.ts'
import { activeSecrets, newWebhookSecret } from '../../../src/webhooks/index.ts'

const { parseUrl, parseCredentials, insecureOrigins } = createEndpointReader(['127.0.0.1:4407'])
const now = Date.UTC(2026, 10, 29, 12, 0, 0)
const dayMs = 24 * 3_600_000
const endpoint = (): WebhookCredentials => ({ url: 'https://a.example/hooks', secret: newWebhookSecret() })

t.test('accepts https on its usual port, and http only on configured hosts', async (t) => {
  t.same(insecureOrigins, ['http://127.0.0.1:4407'])
  for (const url of ['https://a.example/', 'https://a.example/hooks?token=x', 'http://127.0.0.1:4407/hooks/alice']) t.equal(parseUrl(url), url)
  t.equal(parseUrl('HTTPS://A.example:443/Path'), 'https://a.example/Path')
  for (const [url, reason] of [
    ['', /must start with/], ['a.example/hooks', /must start with/], ['ftp://a.example/', /must start with/],
    ['http://a.example/', /must use https/], ['http://127.0.0.1:4408/', /must use https/],
    ['https://a.example:8443/', /must use the port 443/], ['https://127.0.0.1:22/', /must use the port 443/],
    ['https://user:secret@a.example/', /user name or a password/], ['https://a.example/#x', /fragment/], ['https://a.example/ x', /spaces/]
  ] as const) t.throws(() => parseUrl(url), { message: reason }, url)
})

t.test('parses its own credentials and refuses others', async (t) => {
  const retiring = [{ secret: newWebhookSecret(), until: now }]
  for (const credentials of [endpoint(), { ...endpoint(), retiring }]) {
    t.same(parseCredentials(JSON.parse(JSON.stringify(credentials))), credentials)
  }
  for (const wrong of [
    { ...endpoint(), url: 'http://a.example/' }, { ...endpoint(), secret: 'whsec_short' }, { ...endpoint(), retiring: [{ secret: 'x', until: now }] },
    { ...endpoint(), retiring: 'x' }, { ...endpoint(), retiring: [{ secret: newWebhookSecret() }] }
  ]) t.throws(() => parseCredentials(wrong), { message: /credentials need/ })
})

t.test('reveals no token of a URL in the account', async (t) => {
  const nameOf = (url: string): string => accountOf({ url, secret: '' }).name
  t.equal(nameOf('https://a.example/'), 'a.example')
  t.equal(nameOf('https://a.example/hooks/alice'), 'a.example/hooks/alice')
  t.equal(nameOf('https://a.example/api/v1/web-hooks'), 'a.example/api/v1/web-hooks')
  t.equal(nameOf('https://a.example/hooks/T024BE7LD/kq9aBcD3fG7hJkL2mN'), 'a.example/hooks/…/…L2mN')
  t.equal(nameOf('https://a.example/hooks?token=secret'), 'a.example/hooks?…')
  const [one, other] = ['a', 'b'].map((path) => accountOf({ url: `https://a.example/${path}`, secret: '' }))
  t.not(one?.id, other?.id)
  t.equal(one?.host, 'a.example')
})

t.test('signs with earlier secrets for a day after they are replaced', async (t) => {
  const [first, second, third] = [endpoint(), endpoint(), endpoint()]
  const replaced = keepRetiring(first, second, now)
  t.same(replaced, { ...second, retiring: [{ secret: first.secret, until: now + dayMs }] })
  t.same(activeSecrets(replaced, now + dayMs - 1), [second.secret, first.secret])
  t.same(activeSecrets(replaced, now + dayMs), [second.secret])
  const again = keepRetiring(replaced, third, now + 1_000)
  t.same(activeSecrets(again, now + 1_000), [third.secret, second.secret, first.secret], 'all of the last day')
  t.same(activeSecrets(keepRetiring(replaced, third, now + dayMs), now + dayMs), [third.secret, second.secret])
  t.same(keepRetiring(first, first, now), first, 'an import of the same secret replaces nothing')
  let many = first
  for (let index = 0; index < 9; index++) many = keepRetiring(many, endpoint(), now)
  t.equal(activeSecrets(many, now).length, 4)
})
