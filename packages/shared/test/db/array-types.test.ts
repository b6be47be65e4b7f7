import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { openDatabase } from '@carillon/shared/db'
import { testDatabase, until } from '@carillon/testing'
import t from 'tap'

const { url } = await testDatabase(t)
const database = openDatabase({ url, max: 1 })
t.teardown(database.close)

t.test('writes and reads arrays of each type', async (t) => {
  const texts = ['plain', 'a "quote"', 'back\\slash', 'comma, {brace}', '', 'null', null]
  const ids = ['01890000-0000-7000-8000-000000000000']
  const [row] = await database.sql`
    select ${texts}::text[] as texts, ${ids}::uuid[] as ids, ${[1, -2]}::int[] as numbers, ${[0.5]}::float8[] as fractions,
      ${[]}::text[] as empty, array[true, false] as flags, array[[1, 2], [3, 4]] as nested, ${['2026-02-03']}::text[]::date[] as days`
  t.same(row, {
    texts, ids, numbers: [1, -2], fractions: [0.5], empty: [], flags: [true, false], nested: [[1, 2], [3, 4]], days: '{2026-02-03}'
  })
  const [{ cardinality } = {}] = await database.sql`select cardinality(${[['a', 'b'], ['c', 'd']]}::text[])`
  t.equal(cardinality, 4)
  await t.rejects(async () => { await database.sql`select ${[undefined] as unknown as string[]}::text[]` }, TypeError)
})

t.test('rejects only the query when a new connection ends at its first statement', async (t) => {
  const { hostname, port } = new URL(url)
  let isEnding = true
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    client.on('data', (bytes) => {
      if (isEnding && bytes.includes('select')) client.destroy()
      else upstream.write(bytes)
    })
    upstream.on('data', (bytes) => client.write(bytes))
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const proxied = new URL(url)
  proxied.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const cut = openDatabase({ url: proxied.href, max: 1 })
  t.teardown(cut.close)
  await t.rejects(async () => { await cut.sql`select 1` }, { code: 'CONNECTION_CLOSED' })
  isEnding = false
  t.match([...await until(() => cut.sql`select 1 as one`)], [{ one: 1 }])
})
