import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { keyGenerators, loadConfig, userTokenKeys } from '@carillon/shared/config'
import { parseVaultKeys } from '@carillon/shared/vault'
import { testKeys } from '@carillon/testing'
import t from 'tap'
import { runCarillon } from '../run-carillon.ts'

t.test('makes a new key for a variable, and keeps the old ones', async (t) => {
  const first = await runCarillon(['keys', 'generate', 'WEBPUSH_KEYS'], {})
  t.match(first, { code: 0, stdout: /^[\w-]{43}$/, stderr: '' })
  const rotated = await runCarillon(['keys', 'generate', 'WEBPUSH_KEYS'], { WEBPUSH_KEYS: first.stdout })
  t.match(rotated.stdout, new RegExp(`^[\\w-]{43},${first.stdout}$`))
  t.match(await runCarillon(['keys', 'generate', 'PORT'], {}), { code: 2, stdout: '', stderr: /Allowed choices are USER_TOKEN_KEYS, WEBPUSH_KEYS/ })
})

t.test('keeps the keys that sign user tokens, also those that are derived from CARILLON_KEYS', async (t) => {
  const env = { CARILLON_KEYS: testKeys('main') }
  const { stdout } = await runCarillon(['keys', 'generate', 'USER_TOKEN_KEYS'], env)
  const [first, derived, ...others] = parseVaultKeys(stdout)
  t.same([derived, ...others], userTokenKeys(loadConfig(env, ['CARILLON_KEYS'])), 'tokens that they signed stay valid')
  t.notSame(first.id, 'main')
  const rotated = await runCarillon(['keys', 'generate', 'USER_TOKEN_KEYS'], { ...env, USER_TOKEN_KEYS: stdout })
  t.same(parseVaultKeys(rotated.stdout).slice(1), [first, derived])
})

t.test('gives carillon up a new key, and keeps the old ones and all other secrets', async (t) => {
  const dataDir = t.testdir()
  const env = { CARILLON_DATA_DIR: dataDir }
  const rotate = () => runCarillon(['keys', 'rotate', 'WEBPUSH_KEYS'], env)
  t.match(await rotate(), { code: 1, stdout: '', stderr: /has no keys in / })
  const first = keyGenerators()['WEBPUSH_KEYS']?.() ?? ''
  const secrets = { keys: testKeys(), operatorKey: 'ck_1', providerKeys: { WEBPUSH_KEYS: first } }
  const path = join(dataDir, 'secrets.json')
  await writeFile(path, JSON.stringify(secrets))
  t.match(await rotate(), { code: 0, stdout: /^WEBPUSH_KEYS has a new key/, stderr: '' })
  const { providerKeys, ...others } = JSON.parse(await readFile(path, 'utf8'))
  t.match(providerKeys, { WEBPUSH_KEYS: new RegExp(`^[\\w-]{43},${first}$`) })
  t.same(others, { keys: secrets.keys, operatorKey: 'ck_1' })
  t.match(await runCarillon(['keys', 'rotate', 'WEBPUSH_KEYS'], { ...env, WEBPUSH_KEYS: first }), { code: 1, stderr: /keys generate WEBPUSH_KEYS/ })
})
