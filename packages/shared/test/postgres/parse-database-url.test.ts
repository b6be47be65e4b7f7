import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config/index.ts'
import { parseDatabaseUrl } from '../../src/postgres/index.ts'

t.test("parses the database's address and the user", async (t) => {
  t.match(parseDatabaseUrl('postgres://carillon:s%40cret%2F@db.example:6543/site'), {
    host: 'db.example', port: 6543, user: 'carillon', password: 's@cret/', database: 'site', tls: { mode: 'disable' }
  })
  t.match(parseDatabaseUrl('postgresql://[::1]/site'), { host: '::1', database: 'site' })
  t.match(parseDatabaseUrl('postgres:///site?host=/run/postgresql'), { host: '/run/postgresql', database: 'site' })
  t.match(parseDatabaseUrl('postgres://%2Frun%2Fpostgresql/site'), { host: '/run/postgresql' })
  t.match(parseDatabaseUrl('postgres://x/y?host=db.example&port=7&user=u&password=p&dbname=d'), {
    host: 'db.example', port: 7, user: 'u', password: 'p', database: 'd'
  })
  t.same(parseDatabaseUrl('postgres://').host, undefined)
})

t.test('parses every TLS mode like libpq', async (t) => {
  const folder = t.testdir()
  const file = join(folder, 'ca.pem')
  await writeFile(file, 'a certificate')
  const modes: Array<[string, string]> = [
    ['', 'disable'], ['sslmode=disable', 'disable'], ['sslmode=allow', 'prefer'], ['sslmode=prefer', 'prefer'],
    ['sslmode=require', 'require'], ['sslmode=no-verify', 'require'], ['sslmode=verify-ca', 'verify-ca'],
    ['sslmode=verify-full', 'verify-full'], [`sslmode=require&sslrootcert=${file}`, 'verify-ca'],
    [`sslrootcert=${file}`, 'verify-ca'], [`sslmode=verify-full&sslrootcert=${file}`, 'verify-full'],
    ['sslrootcert=system', 'verify-full'], ['ssl=true', 'verify-full'], ['ssl=false', 'disable'],
    ['sslaccept=strict&sslmode=require', 'verify-full'], ['sslmode=require&sslaccept=accept_invalid_certs', 'require']
  ]
  for (const [query, mode] of modes) t.equal(parseDatabaseUrl(`postgres://db/x?${query}`).tls.mode, mode, query)
  t.same(parseDatabaseUrl(`postgres://db/x?sslmode=verify-full&sslrootcert=${file}&sslcert=${file}&sslkey=${file}&sslpassword=p`).tls, {
    mode: 'verify-full', ca: 'a certificate', cert: 'a certificate', key: 'a certificate', passphrase: 'p'
  })
})

t.test('parses other parameters of libpq, the drivers and Prisma', async (t) => {
  t.match(parseDatabaseUrl('postgres://db/x?schema=app&connection_limit=5&connect_timeout=3&application_name=me'), {
    searchPath: '"app"', maxConnections: 5, isPgBouncer: false, connectTimeoutMs: 3000, applicationName: 'me'
  })
  t.match(parseDatabaseUrl('postgres://db/x?pgbouncer=true'), { isPgBouncer: true })
  const options = encodeURIComponent('-c search_path=app,public -cstatement_timeout=5s --work-mem=8MB -c my.setting=two\\ words')
  t.match(parseDatabaseUrl(`postgres://db/x?options=${options}&lock_timeout=7`), {
    searchPath: 'app,public', settings: { statement_timeout: '5s', work_mem: '8MB', 'my.setting': 'two words', lock_timeout: '7' }
  })
  for (const harmless of ['client_encoding=utf8', 'keepalives=1', 'channel_binding=prefer', 'target_session_attrs=read-write', 'gssencmode=prefer']) {
    t.doesNotThrow(() => parseDatabaseUrl(`postgres://db/x?${harmless}`), harmless)
  }
})

t.test('names unsupported parameters, and prints no secret', async (t) => {
  const cases: Array<[string, RegExp]> = [
    ['postgres://u:hunter2@db/x?pool_timeout=3', /^DATABASE_URL has parameter "pool_timeout", which is not supported; remove it: /],
    ['postgres://u:hunter2@db/x?made_up=hunter2', /^DATABASE_URL has parameter "made_up", which is not supported/],
    ['postgres://u:hunter2@db/x?channel_binding=require', /^DATABASE_URL has parameter channel_binding with a value that is not supported; it takes disable, prefer/],
    ['postgres://u:hunter2@db/x?sslmode=hunter2', /^DATABASE_URL has parameter sslmode with a value that is not supported; it takes disable, /],
    ['postgres://u:hunter2@db/x?sslrootcert=/none/hunter2', /^DATABASE_URL has parameter sslrootcert with a file that cannot be read \(ENOENT\)/],
    ['postgres://u:hunter2@db/x?connect_timeout=soon', /^DATABASE_URL has parameter connect_timeout .* a whole number/],
    ['postgres://u:hunter2@db/x?options=-h%20hunter2', /^DATABASE_URL has parameter options with something else than -c name=value in it/],
    ['postgres://u:hunter2@a,b:5432/x', /^DATABASE_URL names several hosts; name one/],
    ['postgres://u:hunter2@a:1,b:2/x', /^DATABASE_URL names several hosts; name one/],
    ['postgres://u:hunter2@db/x?host=a,b', /^DATABASE_URL names several hosts; name one/],
    ['postgres://u:hunter2@db/x?pgbouncer=true&schema=app', /^DATABASE_URL has pgbouncer=true and settings of the session/],
    ['postgres://u:hunter2@db/x?options=-cwork_mem=8MB&pgbouncer=true', /^DATABASE_URL has pgbouncer=true and settings of the session/],
    ['postgres://u:hunter2#@db/x', /^DATABASE_URL has a user or password with one of/],
    ['postgres://u:12?hunter2@db/x', /^DATABASE_URL has a user or password with one of/],
    ['postgres://u:hunter2%zz@db/x', /^DATABASE_URL has a % that is not followed by two hexadecimal digits/],
    ['postgres://u:hunter2@db/x#hunter2', /^DATABASE_URL has a #/],
    ['postgres://u:hunter2@db:port/x', /^DATABASE_URL is not right; it takes a URL that starts with postgres:/],
    ['https://u:hunter2@db/x', /^DATABASE_URL is not right; it takes a URL that starts with postgres:/]
  ]
  for (const [url, expected] of cases) {
    t.throws(() => loadConfig({ DATABASE_URL: url }), { message: expected }, url)
    try { loadConfig({ DATABASE_URL: url }) } catch (error) { t.notMatch(String(error), /hunter2/, `${url}: no secret`) }
  }
})
