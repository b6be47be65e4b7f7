import t from 'tap'
import { findUnknownVariables, loadConfig } from '../../src/config/index.ts'

const warningsOf = (...names: string[]) =>
  findUnknownVariables(Object.fromEntries(names.map((name) => [name, 'secret-value']))).map(({ warning }) => warning)

t.test('finds a variable similar to one of ours, and suggests that one', async (t) => {
  const meant: Array<[string, string]> = [
    ['PUSHBULLET_CLIENTID', 'PUSHBULLET_CLIENT_ID'],
    ['PUSHBULET_CLIENT_SECRET', 'PUSHBULLET_CLIENT_SECRET'],
    ['pushbullet_client_id', 'PUSHBULLET_CLIENT_ID'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['DATABASEURL', 'DATABASE_URL'],
    ['REDIS_URI', 'REDIS_URL'],
    ['PUBLIC_URLS', 'PUBLIC_URL'],
    ['ALLOWED_ORIGIN', 'ALLOWED_ORIGINS'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['CARILLON_KEY', 'CARILLON_KEYS']
  ]
  for (const [name, known] of meant) {
    t.same(warningsOf(name), [`${name} is not a variable of Carillon and is ignored; did you mean ${known}?`])
  }
  t.same(warningsOf('FACEBOOK_APP_ID', 'CARILLON_MODE'), [
    'FACEBOOK_APP_ID is not a variable of Carillon and is ignored', 'CARILLON_MODE is not a variable of Carillon and is ignored'
  ])
})

t.test('reports no variables of ours and of other programs', async (t) => {
  t.same(warningsOf(...Object.keys(loadConfig({}))), [])
  t.same(warningsOf(
    'PATH', 'HOME', 'HOSTNAME', 'PORTS', 'HOSTS', 'USER', 'NODE_ENV', 'npm_lifecycle_event', 'DATABASE_PASSWORD', 'REDIS_HOST', 'LOG_FORMAT', 'SITE_URL',
    'POSTGRES_PASSWORD', 'PUBLIC_DIR', 'CARILLON_SERVICE_HOST', 'CARILLON_SERVICE_PORT_HTTP', 'CARILLON_PORT', 'CARILLON_PORT_4000_TCP_ADDR',
    'CARILLON_API_PORT', 'CARILLON_REQUIRE_REDIS'
  ), [])
  t.same(findUnknownVariables({ PUSHBULLET_CLIENTID: '', BLOTRE_URI: undefined }), [], 'nor an empty one')
})
