import { Socket } from 'node:net'
import { openDatabase } from '@carillon/shared/db'
import { testDatabase } from '@carillon/testing'
import t from 'tap'

t.test('rejects a query that a connection gets between its error and its end', async (t) => {
  const { url } = await testDatabase(t)
  const { sql, close } = openDatabase({ url, max: 1 })
  t.teardown(close)
  const admin = openDatabase({ url, max: 1 })
  t.teardown(admin.close)
  const [{ pid = 0 } = {}] = await sql<Array<{ pid: number }>>`select pg_backend_pid() as pid`

  const late = new Promise<unknown>((resolve) => {
    const emit = Socket.prototype.emit
    t.intercept(Socket.prototype, 'emit', {
      value (this: Socket, event: string, ...args: unknown[]) {
        const result = Reflect.apply(emit, this, [event, ...args])
        if (event === 'error') resolve(sql`select 1 as one`.catch((error: unknown) => error))
        return result
      }
    })
  })
  await admin.sql`select pg_terminate_backend(${pid})`
  t.match(await late, { code: /CONNECTION/ })
  t.same([...await sql`select 2 as two`], [{ two: 2 }], 'the pool opens another connection')
})
