import { createApiKey, findApiKey } from '@carillon/shared/api-keys'
import { openDatabase, scopes } from '@carillon/shared/db'
import { testDatabase } from '@carillon/testing'
import t from 'tap'
import { runCarillon } from '../run-carillon.ts'

t.setTimeout(300_000)

const { url } = await testDatabase(t)
const database = openDatabase({ url, max: 1 })
t.teardown(() => database.close())
const carillon = (...args: string[]) => runCarillon(args, { DATABASE_URL: url })

t.test('creates a key with the named scopes only', async (t) => {
  const { code, stdout, stderr } = await carillon('keys', 'create', '--name', 'backend', '--scope', 'users:write', 'notifications:read', 'users:write')
  t.equal(code, 0)
  t.match(stdout, /^ck_[0-9a-f]{32}[\w-]{43}$/, 'standard output is the key alone')
  t.match(stderr, /^Created key_\S+ \(backend\) with users:write, notifications:read\. Copy the key now/)
  const key = await findApiKey(database, stdout)
  t.same(key?.scopes, ['users:write', 'notifications:read'])

  const all = await carillon('keys', 'create', '--name', 'all', '--all', '--json')
  const { id, key: secret } = JSON.parse(all.stdout)
  t.equal(all.stderr, '')
  const created = await findApiKey(database, secret)
  t.same([`key_${created?.id}`, created?.scopes], [id, [...scopes]])

  const quiet = await carillon('keys', 'create', '--name', 'quiet', '--scope', 'admin', '--quiet')
  t.match(quiet, { code: 0, stdout: /^ck_\S+$/, stderr: '' })
})

t.test('creates no key without scopes, with unknown ones, or without a name', async (t) => {
  const [before] = await database.sql`select count(*) from api_keys`
  t.match(await carillon('keys', 'create', '--name', 'none'), { code: 2, stdout: '', stderr: /--scope, or use --all/ })
  t.match(await carillon('keys', 'create', '--name', 'odd', '--scope', 'users:read'), { code: 2, stdout: '', stderr: /Allowed choices are users:write/ })
  t.match(await carillon('keys', 'create', '--scope', 'admin'), { code: 2, stdout: '', stderr: /--name/ })
  t.match(await carillon('keys', 'create', '--name', 'x'.repeat(201), '--all'), { code: 2, stdout: '' })
  t.same((await database.sql`select count(*) from api_keys`)[0], before)
})

t.test('revokes a key once, and no other key', async (t) => {
  const [one, other] = [await createApiKey(database, { name: 'one', scopes: ['admin'] }), await createApiKey(database, { name: 'other', scopes: ['admin'] })]
  t.match(await carillon('keys', 'revoke', `key_${one.id}`), { code: 0, stdout: `key_${one.id} is revoked`, stderr: '' })
  t.equal(await findApiKey(database, one.key), undefined)
  t.ok(await findApiKey(database, other.key))
  t.match((await carillon('keys', 'list')).stdout, new RegExp(`key_${one.id} .* revoked \\d{4}-.*`))

  t.match(await carillon('keys', 'revoke', `key_${one.id}`), { code: 1, stdout: '', stderr: /there is no key key_\S+, or it is already revoked$/ })
  t.match(await carillon('keys', 'revoke', 'key_nonsense'), { code: 2, stdout: '', stderr: /node .*main\.ts keys list` shows them/ })
})
