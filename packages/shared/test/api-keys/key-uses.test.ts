import { testDatabase, until } from '@carillon/testing'
import t from 'tap'
import { createApiKey, createKeyUses, findApiKey } from '../../src/api-keys/index.ts'
import { openDatabase } from '../../src/db/index.ts'
import type { Database } from '../../src/db/index.ts'
import { openCountedDatabase } from '../open-counted-database.ts'
import { openTestDatabase } from '../open-test-database.ts'

const database = await openTestDatabase(t)
const start = Date.parse('2030-01-01T12:00:00Z')
const create = async (at: Database = database) => (await createApiKey(at, { name: 'key', scopes: ['admin'] })).id
const useOf = async (id: string, at: Database = database) => {
  const key = await findApiKey(at, id)
  return [key?.lastUsedAt?.getTime(), key?.lastUsedFrom]
}

t.test('writes the uses of all keys together, one of a minute', async (t) => {
  const database = await openCountedDatabase(t)
  const uses = createKeyUses({ database, onError: t.error, writeAfterMs: 1 })
  const [one, other] = [await create(database), await create(database)]
  database.statements.length = 0
  uses.record(one, start, () => '192.0.2.1')
  for (let second = 1; second < 60; second++) uses.record(one, start + second * 1_000, () => '192.0.2.2')
  uses.record(other, start + 5_000, () => '2001:db8:0:0::/64')
  t.equal(database.statements.length, 0, 'no request waits for it')
  await until(async () => (await useOf(other, database))[0] !== undefined)
  t.same(await useOf(one, database), [start, '192.0.2.1'])
  t.same(await useOf(other, database), [start + 5_000, '2001:db8:0:0::/64'])
  const writes = () => database.statements.filter((statement) => statement.includes('update api_keys')).length
  t.equal(writes(), 1)

  uses.record(one, start + 59_999, () => '192.0.2.3')
  uses.record(one, start + 60_000, () => '192.0.2.4')
  await uses.close()
  t.same(await useOf(one, database), [start + 60_000, '192.0.2.4'])
  t.equal(writes(), 2)
})

t.test('never replaces a later use by an earlier one', async (t) => {
  const id = await create()
  for (const at of [start + 60_000, start]) {
    // Two processes.
    const uses = createKeyUses({ database, onError: (error) => { throw error } })
    uses.record(id, at, () => '192.0.2.1')
    await uses.close()
  }
  t.same(await useOf(id), [start + 60_000, '192.0.2.1'])
})

t.test('keeps uses that could not be written', async (t) => {
  const errors: unknown[] = []
  let fails = true
  const closed = openDatabase(await testDatabase(t))
  await closed.close()
  const failing = { get sql () { return (fails ? closed : database).sql } }
  const uses = createKeyUses({ database: failing, onError: (error) => { errors.push(error) } })
  const id = await create()
  uses.record(id, start, () => '192.0.2.1')
  await uses.close()
  t.equal(errors.length, 1)
  fails = false
  await uses.close()
  t.same(await useOf(id), [start, '192.0.2.1'])
})
