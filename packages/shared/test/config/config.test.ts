import t from 'tap'
import { ConfigError, envExample, loadConfig } from '../../src/config/index.ts'

const key = Buffer.alloc(32, 0xC4).toString('base64')

t.test('has defaults for all optional variables', async (t) => {
  t.same(loadConfig({}), {
    DATABASE_URL: undefined,
    REDIS_URL: undefined,
    START_WAIT_SECONDS: 60,
    QUEUE_PREFIX: 'carillon',
    CARILLON_KEYS: undefined,
    USER_TOKEN_KEYS: undefined,
    CARILLON_DATA_DIR: '.carillon',
    CARILLON_ENV_FILE: '.env',
    HOST: '127.0.0.1',
    PORT: 4000,
    PUBLIC_URL: undefined,
    SITE_NAME: 'Carillon',
    WELCOME_MESSAGE: 'first',
    WELCOME_TITLE: '{provider} is connected',
    WELCOME_BODY: 'From now on, you receive notifications from {site} here.',
    ALLOWED_ORIGINS: [],
    ALLOW_LOOPBACK_ORIGINS: '0',
    OAUTH2_PROVIDERS: [],
    PUSHBULLET_CLIENT_ID: undefined,
    PUSHBULLET_CLIENT_SECRET: undefined,
    PUSHBULLET_AUTHORIZE_URL: 'https://www.pushbullet.com/authorize',
    PUSHBULLET_API_URL: 'https://api.pushbullet.com',
    PUMPIO_CONTACTS: [],
    PUMPIO_HTTP_HOSTS: [],
    PUMPIO_AUDIENCE: 'followers',
    BLOTRE_URL: 'https://blot.re',
    BLOTRE_TAGS: [],
    BLOTRE_COLORS: {},
    FACEBOOK_WWW_URL: 'https://www.facebook.com',
    FACEBOOK_GRAPH_URL: 'https://graph.facebook.com',
    FACEBOOK_VERSION: 'v26.0',
    FACEBOOK_SCOPE: ['ads_read'],
    FACEBOOK_MAX_PER_SECOND: undefined,
    SLACK_SCOPE: ['chat:write', 'im:write'],
    SLACK_URL: 'https://slack.com',
    SLACK_HOOKS_URL: 'https://hooks.slack.com',
    NTFY_HTTP_HOSTS: [],
    TELEGRAM_API_URL: 'https://api.telegram.org',
    TELEGRAM_LINK_URL: 'https://t.me',
    TELEGRAM_MAX_PER_SECOND: 25,
    MASTODON_HTTP_HOSTS: [],
    MASTODON_SENDS: 'post',
    MASTODON_VISIBILITY: 'direct',
    EMAIL_BOUNCE_HOST: '127.0.0.1',
    EMAIL_MAX_CONNECTIONS: 5,
    WEBPUSH_TTL_SECONDS: 259_200,
    WEBHOOK_HTTP_HOSTS: [],
    OUTGOING_PER_USER: 120,
    OUTGOING_PER_HOST: 600,
    OUTGOING_PER_PROVIDER: 6_000,
    PULL_BACKFILL_DAYS: 90,
    PULL_REREAD_DAYS: 28,
    PULL_EVERY_MINUTES: 360,
    ALLOW_PRIVATE_HOSTS: [],
    DELIVER_MAX_IN_FLIGHT: 2_000,
    DELIVER_LEASE_SECONDS: 60,
    RECONCILE_SECONDS: 10,
    RETENTION_DAYS: 90,
    EVENT_RETENTION_DAYS: 30,
    AUDIT_RETENTION_DAYS: 365,
    RECORD_DELIVERY_EVENTS: '0',
    TRUSTED_PROXIES: [],
    RATE_LIMIT_PER_KEY: 300_000,
    RATE_LIMIT_PER_USER: 1_200,
    RATE_LIMIT_PER_IP: 12_000,
    RATE_LIMIT_INBOUND_PER_IP: 120_000,
    MAX_STREAMS_PER_CALLER: 100,
    ACCEPT_MAX_WAITING: 500_000,
    WORKER_HEALTH_PORT: undefined,
    METRICS_TOKEN: undefined,
    OTEL_EXPORTER_OTLP_ENDPOINT: undefined,
    SANDBOX_PORT: 4400,
    PUSHBULLET_MAX_PER_SECOND: undefined,
    PUMPIO_MAX_PER_SECOND: undefined,
    BLOTRE_MAX_PER_SECOND: undefined,
    SANDBOX_BENCH: '0',
    LOG_LEVEL: 'info'
  })
})

t.test('treats an empty variable as absent', async (t) => {
  const empty = Object.fromEntries(Object.keys(loadConfig({})).map((name) => [name, '']))
  t.same(loadConfig(empty), loadConfig({}))
  t.same(errorsOf(empty, ['DATABASE_URL']), ['DATABASE_URL is missing; it takes a URL that starts with postgres:// or postgresql://'])
})

t.test('reports all errors at once, one line each, with the value and the accepted values', async (t) => {
  t.same(errorsOf({
    REDIS_URL: 'localhost:6379',
    CARILLON_KEYS: `main:${key},old:${Buffer.alloc(31).toString('base64')}`,
    PORT: '70000',
    PUBLIC_URL: 'site.example\nHOST=0.0.0.0',
    WELCOME_TITLE: 'Hello {name}',
    WELCOME_BODY: 'x'.repeat(10_001),
    ALLOWED_ORIGINS: 'https://site.example, https://site.example/page',
    TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8::/32, 10.0.0.0/33',
    PUSHBULLET_CLIENT_ID: 'client',
    ALLOW_PRIVATE_HOSTS: '10.0.0.0/8,10.0.0.256',
    DELIVER_MAX_IN_FLIGHT: '0',
    LOG_LEVEL: 'loud'
  }, ['DATABASE_URL']), [
    'DATABASE_URL is missing; it takes a URL that starts with postgres:// or postgresql://',
    'REDIS_URL is not right; it takes a URL that starts with redis:// or rediss://',
    'CARILLON_KEYS key old has 31 bytes instead of 32; it takes id:base64key,… with 32 bytes a key; the first seals, all open',
    'PORT is "70000"; it takes a whole number from 0 to 65535',
    'PUBLIC_URL is "site.example\\nHOST=0.0.0.0"; it takes a URL that starts with http:// or https://, without ? and #',
    'WELCOME_TITLE has {name}; it takes a text of at most 500 characters, with {provider} and {site}',
    'WELCOME_BODY has 10001 characters; it takes a text of at most 10000 characters, with {provider} and {site}',
    'ALLOWED_ORIGINS has "https://site.example/page"; it takes origins such as https://site.example, separated by commas',
    'TRUSTED_PROXIES has "10.0.0.0/33"; it takes addresses or CIDR ranges, separated by commas',
    'ALLOW_PRIVATE_HOSTS has "10.0.0.256"; it takes host names, addresses or CIDR ranges, separated by commas',
    'DELIVER_MAX_IN_FLIGHT is "0"; it takes a whole number from 1 to 20000',
    'LOG_LEVEL is "loud"; it takes fatal, error, warn, info, debug, trace, silent',
    'PUSHBULLET_CLIENT_SECRET is missing; PUSHBULLET_CLIENT_ID has no effect without it'
  ])
})

t.test('prints no invalid secret', async (t) => {
  const errors = errorsOf({
    DATABASE_URL: 'mysql://carillon:hunter2@db.example/carillon',
    REDIS_URL: ':hunter2@cache.example',
    CARILLON_KEYS: 'hunter2 hunter2',
    PORT: 'x'
  }).join('\n')
  t.match(errors, /^DATABASE_URL .*\nREDIS_URL .*\nCARILLON_KEYS .*\nPORT .*$/)
  t.notMatch(errors, 'hunter2')
  const more = errorsOf({ CARILLON_KEYS: `a:${key.slice(4)}`, PUSHBULLET_CLIENT_SECRET: 'hunter2', PORT: 'x' }).join('\n')
  t.notMatch(more, key.slice(4))
  t.notMatch(more, 'hunter2')
})

t.test('requires a variable only where it is listed', async (t) => {
  t.equal(loadConfig({}).DATABASE_URL, undefined)
  const env = { DATABASE_URL: 'postgres://db.example/carillon', CARILLON_KEYS: `main:${key}` }
  const config = loadConfig(env, ['DATABASE_URL', 'CARILLON_KEYS'])
  t.equal(config.DATABASE_URL satisfies string, 'postgres://db.example/carillon')
  t.same(config.CARILLON_KEYS.map(({ id }) => id), ['main'])
  t.same(errorsOf({ DATABASE_URL: env.DATABASE_URL }, ['DATABASE_URL', 'CARILLON_KEYS']), [
    'CARILLON_KEYS is missing; it takes id:base64key,… with 32 bytes a key; the first seals, all open'
  ])
})

t.test('accepts its own example', async (t) => {
  const example = Object.fromEntries(envExample().split('\n').filter((line) => /^[A-Z]/.test(line)).map((line) => {
    const at = line.indexOf('=')
    return [line.slice(0, at), line.slice(at + 1)]
  }))
  t.same(loadConfig(example), loadConfig({}))
})

function errorsOf (env: Record<string, string>, required: Array<'DATABASE_URL' | 'CARILLON_KEYS'> = []): string[] {
  try {
    loadConfig(env, required)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    if (error.message !== error.errors.join('\n')) throw new Error('Its message is not its errors', { cause: error })
    return error.errors
  }
  throw new Error('It has no fault')
}
