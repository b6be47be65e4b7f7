import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { sealContext, sealedColumns } from '../../src/vault/index.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

async function sourcesIn (...folders: string[]): Promise<Array<{ path: string, text: string }>> {
  const paths = (await Promise.all(folders.map(async (folder) =>
    (await readdir(root + folder, { recursive: true })).filter((path) => path.endsWith('.ts')).map((path) => `${folder}/${path}`)))).flat()
  return await Promise.all(paths.map(async (path) => ({ path, text: await readFile(root + path, 'utf8') })))
}

t.test('names every column that the schema calls sealed, and no other', async (t) => {
  const schema = await sourcesIn('packages/shared/src/db/schema')
  const called = schema.flatMap(({ text }) => {
    const tables = [...text.matchAll(/pgTable\('(\w+)'/g)]
    return [...text.matchAll(/\/\*\*(?:(?!\*\/)[^])*\bsealed\b(?:(?!\*\/)[^])*\*\/\s*(\w+): text\(/gi)].map((match) => {
      const table = tables.filter(({ index }) => index < match.index).at(-1)?.[1] ?? ''
      return `${table}.${match[1]?.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`
    })
  })
  t.same(called.sort(), Object.keys(sealedColumns).sort())
  t.ok(Object.entries(sealedColumns).every(([name, { table, column }]) => name === `${table}.${column}`))
})

t.test('makes the context of every value that is stored', async (t) => {
  const sources = await sourcesIn('packages/shared/src', 'apps/api/src', 'apps/worker/src', 'apps/cli/src')
  const elsewhere = sources.filter(({ path, text }) => path !== 'packages/shared/src/vault/sealed-columns.ts' && /\btable: '\w+', column: '\w+'/.test(text))
  t.same(elsewhere.map(({ path }) => path), ['packages/shared/src/deliveries/seen-token.ts'], 'whose tokens are in messages only')
  const named = new Set(sources.flatMap(({ text }) => [...text.matchAll(/sealContext\('([\w.]+)'/g)].map(([, name]) => name)))
  t.same([...named].sort(), Object.keys(sealedColumns).sort(), 'each column is used')
  const sealing = sources.filter(({ text }) => /\bvault\.seal\(/.test(text) && !/sealContext\(|Context\b/.test(text))
  t.same(sealing.map(({ path }) => path), [])
})

t.test('keeps the contexts of what is stored', async (t) => {
  t.same(sealContext('grants.credentials', 'g1'), { table: 'connections', column: 'credentials', id: 'g1' })
  t.same(sealContext('idempotency_keys.response', 'c1', 'h1'), { table: 'idempotency_keys', column: 'response', id: 'c1/h1' })
})
