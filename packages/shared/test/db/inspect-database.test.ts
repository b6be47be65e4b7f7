import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import t from 'tap'
import { checkDatabase, inspectDatabase } from '../../src/db/index.ts'
import { openTestDatabase } from '../open-test-database.ts'

t.test('describes the migrations that the process knew at its start, while an upgrade replaces their files', async (t) => {
  const database = await openTestDatabase(t)
  await checkDatabase(database)
  const reading = t.intercept(fs, 'readFileSync', { value: () => { throw new Error('ENOENT: no such file or directory') } })
  syncBuiltinESMExports()
  const { migrations } = await inspectDatabase(database).finally(() => {
    reading.restore()
    syncBuiltinESMExports()
  })
  t.match(migrations, { missing: [], isNewer: false, isUsable: true })
  t.ok(migrations.applied > 0)

  await database.sql`delete from drizzle.__drizzle_migrations where created_at = (select max(created_at) from drizzle.__drizzle_migrations)`
  t.match((await inspectDatabase(database)).migrations, { applied: migrations.applied - 1, missing: [/^\d{4}_\w+$/] })
})
