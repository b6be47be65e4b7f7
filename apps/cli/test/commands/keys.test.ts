import { createApiKey, revokeApiKey, verifyApiKey } from '@carillon/shared/api-keys'
import { openDatabase, scopes } from '@carillon/shared/db'
import { testDatabase } from '@carillon/testing'
import t from 'tap'
import { runCarillon } from '../run-carillon.ts'

const { url } = await testDatabase(t)
const database = openDatabase({ url, max: 1 })
t.teardown(() => database.close())
const carillon = (...args: string[]) => runCarillon(args, { DATABASE_URL: url })

t.test('creates a key with the named scopes only', async (t) => {
  const { code, stdout, stderr } = await carillon('keys', 'create', '--name', 'backend', '--scope', 'users:write', 'notifications:read', 'users:write')
  t.equal(code, 0)
  t.match(stdout, /^ck_[0-9a-f]{32}[\w-]{43}$/, 'standard output is the key alone')
  t.match(stderr, /^Created key_\S+ \(backend\) with users:write, notifications:read\. Copy the key now/)
  const key = await verifyApiKey(database, stdout)
  t.same(key?.scopes, ['users:write', 'notifications:read'])

  const all = await carillon('keys', 'create', '--name', 'all', '--all', '--json')
  const { id, key: secret } = JSON.parse(all.stdout)
  t.equal(all.stderr, '')
  const created = await verifyApiKey(database, secret)
  t.same([`key_${created?.id}`, created?.scopes], [id, [...scopes]])

  const quiet = await carillon('keys', 'create', '--name', 'quiet', '--scope', 'admin', '--quiet')
  t.match(quiet, { code: 0, stdout: /^ck_\S+$/, stderr: '' })
})

t.test('creates a key that expires, and lists it with its last use', async (t) => {
  const { stdout: key, stderr } = await carillon('keys', 'create', '--name', 'short', '--scope', 'admin', '--expires', '90d')
  const expiresAt = /It expires at (\S+)\.$/.exec(stderr)?.[1] ?? ''
  const days = (Date.parse(expiresAt) - Date.now()) / 86_400_000
  t.ok(days > 89.9 && days <= 90)
  const { id } = await verifyApiKey(database, key) ?? {}
  const list = async () => (await carillon('keys', 'list')).stdout.split('\n').filter((line) => line.includes(id ?? ''))
  t.match(await list(), [new RegExp(`^key_${id} .* never +${expiresAt.slice(0, 10)} .* short +admin$`)])
  await database.sql`update api_keys set last_used_at = '2026-11-30T09:12:00Z', expires_at = '2026-11-30T10:00:00Z' where id = ${id ?? ''}`
  t.match(await list(), [/ 2026-11-30 09:12:00Z +expired 2026-11-30 10:00:00Z /])
  const json = JSON.parse((await carillon('keys', 'list', '--json')).stdout)
  t.match(json[0], { id: `key_${id}`, status: 'expired', lastUsedAt: '2026-11-30T09:12:00.000Z' })
  t.match(await carillon('keys', 'create', '--name', 'x', '--all', '--expires', '90'), { code: 2, stderr: /such as 12h, 90d or 1y/ })
})

t.test('renews a key, whose earlier secret works for the overlap', async (t) => {
  const { id, key } = await createApiKey(database, { name: 'old', scopes: ['admin'] })
  const renewed = await carillon('keys', 'renew', `key_${id}`, '--expires', '30d')
  t.match(renewed.stderr, /^Renewed key_\S+ \(old\)\. Copy the key now.* The earlier secret works until \S+ The key expires at /)
  for (const one of [key, renewed.stdout]) t.match(await verifyApiKey(database, one), { id, expiresAt: Date })
  const again = await carillon('keys', 'renew', `key_${id}`, '--overlap', '0', '--quiet')
  t.match(again, { code: 0, stdout: /^ck_\S+$/, stderr: '' })
  t.equal(await verifyApiKey(database, renewed.stdout), undefined)
  t.match(await verifyApiKey(database, again.stdout), { id })
  const listed: Array<{ id: string }> = JSON.parse((await carillon('keys', 'list', '--json')).stdout)
  t.match(listed.find((one) => one.id === `key_${id}`), { rotatedAt: String, earlierSecretsUntil: null }, 'no earlier secret works')
  await revokeApiKey(database, id)
  t.match(await carillon('keys', 'renew', `key_${id}`), { code: 1, stdout: '', stderr: /there is no key key_\S+, or it is revoked$/ })
})

t.test('records what an operator does to keys', async (t) => {
  const { stdout } = await carillon('keys', 'create', '--name', 'audited', '--scope', 'users:write', '--json')
  const { id } = JSON.parse(stdout)
  await carillon('keys', 'renew', id, '--overlap', '0')
  await carillon('keys', 'revoke', id)
  await carillon('keys', 'revoke', id)
  const entries = await database.sql`select action, operator, details from audit_entries where target_id = ${id} order by audit_entries.id`
  t.match(entries, [
    { action: 'api_key.created', operator: /^.+@.+$/, details: { scopes: ['users:write'] } },
    { action: 'api_key.rotated', operator: String, details: { overlapSeconds: 0 } },
    { action: 'api_key.revoked', operator: String }
  ])
  t.equal(entries.length, 3)
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
  t.equal(await verifyApiKey(database, one.key), undefined)
  t.ok(await verifyApiKey(database, other.key))
  t.match((await carillon('keys', 'list')).stdout, new RegExp(`key_${one.id} .* revoked \\d{4}-.*`))

  t.match(await carillon('keys', 'revoke', `key_${one.id}`), { code: 1, stdout: '', stderr: /there is no key key_\S+, or it is already revoked$/ })
  t.match(await carillon('keys', 'revoke', 'key_nonsense'), { code: 2, stdout: '', stderr: /node .*main\.ts keys list` shows them/ })
})
