import { sql as text } from 'drizzle-orm'
import { openDatabase } from '../../src/db/index.ts'
import { testDatabase, until } from '@carillon/testing'
import t from 'tap'

const { url } = await testDatabase(t)
const database = openDatabase({ url, max: 1 })
const admin = openDatabase({ url, max: 1 })
t.teardown(() => Promise.all([database.close(), admin.close()]))

async function endSession (pid: unknown): Promise<void> {
  await admin.sql`select pg_terminate_backend(${Number(pid)})`
}

t.test('rejects when the server ends during a transaction, and recovers', async (t) => {
  for (let round = 0; round < 3; round++) {
    await t.rejects(database.sql.begin(async (tx) => {
      const [row] = await tx`select pg_backend_pid() as pid`
      await Promise.all([tx`select pg_sleep(60)`, endSession(row?.['pid'])])
    }))
    // The first statement on the connection may receive the error of the previous one.
    t.match([...await until(() => database.sql.begin((tx) => tx`select 1 as one`))], [{ one: 1 }])
  }
})

t.test('rejects through drizzle too', async (t) => {
  await t.rejects(database.db.transaction(async (tx) => {
    const [row] = await tx.execute(text`select pg_backend_pid() as pid`)
    await Promise.all([tx.execute(text`select pg_sleep(60)`), endSession(row?.['pid'])])
  }))
  t.equal((await until(() => database.db.transaction((tx) => tx.execute(text`select 1`)))).length, 1)
})

t.test('rolls back after any other error', async (t) => {
  await database.sql`create table kept (number int)`
  await t.rejects(database.sql.begin(async (tx) => {
    await tx`insert into kept values (1)`
    throw new RangeError('no')
  }), RangeError)
  await t.rejects(database.sql.begin((tx) => [tx`insert into kept values (2)`, tx`select 1 / 0`]), { code: '22012' })
  t.same([...await database.sql`select * from kept`], [])
})
