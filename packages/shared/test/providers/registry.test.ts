import t from 'tap'
import { loadConfig } from '../../src/config/index.ts'
import { createProviders, definitions, maxPerSecond, trustedOrigins } from '../../src/providers/index.ts'

const pushbullet = { PUSHBULLET_CLIENT_ID: 'carillon', PUSHBULLET_CLIENT_SECRET: 'hush' }
const blotre = { BLOTRE_CLIENT_ID: 'carillon', BLOTRE_CLIENT_SECRET: 'hush' }
const facebook = { FACEBOOK_CLIENT_ID: '1', FACEBOOK_CLIENT_SECRET: 'hush' }

/** A value that the variable accepts. Most accept any text. */
const valueOf = (name: string) => {
  const own: Record<string, string> = {
    EMAIL_SMTP_URL: 'smtp://127.0.0.1',
    EMAIL_FROM: 'news@site.example',
    WEBHOOK_ENABLED: 'true',
    WEBPUSH_CONTACT: 'mailto:admin@site.example',
    WEBPUSH_KEYS: Buffer.alloc(32, 1).toString('base64url')
  }
  return own[name] ?? (name.endsWith('_URL') ? 'https://provider.example' : 'x')
}

const offer = (env: Record<string, string>) => createProviders(loadConfig(env))

t.test('offers the configured providers, in the order of the registry', async (t) => {
  const providers = offer({ ...facebook, ...blotre, ...pushbullet })
  t.same([...providers.keys()], ['pushbullet', 'blotre', 'facebook'])
  for (const [id, provider] of providers) t.equal(provider.id, id)
  t.match(providers.get('facebook'), { name: 'Facebook', holder: 'team' })
  t.match(providers.get('blotre'), { name: 'Blot\'re', holder: 'user' })
})

t.test('offers no provider without its required variables', async (t) => {
  t.equal(offer({}).size, 0)
  t.equal(offer({ PUSHBULLET_CLIENT_SECRET: 'hush' }).size, 0)
  for (const { id, required } of definitions) {
    t.same([...offer(Object.fromEntries(required.map((name) => [name, valueOf(name)]))).keys()], [id])
  }
})

t.test('passes a provider the values of its own variables', async (t) => {
  t.match(offer(pushbullet).get('pushbullet')?.handshakes.code, {
    clientId: 'carillon', clientSecret: 'hush', authorizeUrl: 'https://www.pushbullet.com/authorize', tokenUrl: 'https://api.pushbullet.com/oauth2/token'
  })
  t.match(offer({ ...blotre, BLOTRE_URL: 'https://blotre.example/' }).get('blotre'), { origins: ['https://blotre.example'] })
  t.match(offer({ PUMPIO_CLIENT_NAME: 'Site', PUMPIO_HTTP_HOSTS: '127.0.0.1:4401' }).get('pumpio'), { origins: ['http://127.0.0.1:4401'] })
  t.match(offer({ ...facebook, FACEBOOK_SCOPE: 'ads_read,email' }).get('facebook')?.handshakes.code, { scope: ['ads_read', 'email'] })
  t.same(loadConfig({ BLOTRE_TAGS: 'site, prod', BLOTRE_COLORS: 'error=B91C1C,info=000000' })['BLOTRE_COLORS'], { error: '#b91c1c', info: '#000000' })
  t.doesNotThrow(() => offer({ ...blotre, SITE_NAME: 'S', BLOTRE_TAGS: 'site, prod', BLOTRE_COLORS: 'error=B91C1C' }), 'and Blot\'re accepts them')
})

t.test('refuses a value that a provider cannot use', async (t) => {
  const wrong = {
    PUMPIO_AUDIENCE: 'me', BLOTRE_TAGS: 'two words', BLOTRE_COLORS: 'error=#b91c1c', FACEBOOK_VERSION: '26', FACEBOOK_SCOPE: 'Ads Read', BLOTRE_URL: 'blot.re'
  }
  for (const [name, value] of Object.entries(wrong)) {
    t.throws(() => loadConfig({ [name]: value }), { message: new RegExp(`^${name} .*; it takes `) })
  }
})

t.test('requires the secret that belongs to an id', async (t) => {
  for (const { required: [id = '', ...secrets] } of definitions) {
    for (const secret of secrets) t.throws(() => loadConfig({ [id]: valueOf(id) }), { message: `${secret} is missing; ${id} has no effect without it` })
  }
})

t.test('trusts only the origins of the offered providers', async (t) => {
  const trusted = (env: Record<string, string>) => trustedOrigins(offer(env))
  t.same(trusted({}), [])
  t.same(trusted({ ...pushbullet, PUSHBULLET_API_URL: 'http://127.0.0.1:4400/pushbullet' }), ['http://127.0.0.1:4400'])
  t.same(trusted({ ...pushbullet, ...blotre }), ['https://api.pushbullet.com', 'https://blot.re'])
  t.same(trusted({ ...facebook, FACEBOOK_WWW_URL: 'http://127.0.0.1:4400' }), ['https://graph.facebook.com'], 'only browsers open the other URL')
})

t.test('limits the rate of providers with a limit', async (t) => {
  t.same([...maxPerSecond(loadConfig({}))], [['telegram', 25]], 'the limits of services')
  t.same([...maxPerSecond(loadConfig({ PUMPIO_MAX_PER_SECOND: '20', BLOTRE_MAX_PER_SECOND: '5', TELEGRAM_MAX_PER_SECOND: '20' }))],
    [['pumpio', 20], ['blotre', 5], ['telegram', 20]])
})
