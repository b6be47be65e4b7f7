import t from 'tap'
import { openTestDatabase } from '../open-test-database.ts'

const { sql } = await openTestDatabase(t)

t.test('the deletion of a user reads no table as a whole', async (t) => {
  const rows = await sql`
    with recursive deleted (id) as (
      select 'users'::regclass::oid
      union
      select conrelid from pg_constraint join deleted on confrelid = deleted.id where contype = 'f' and confdeltype = 'c'
    )
    select conname from pg_constraint join deleted on confrelid = deleted.id
    where contype = 'f' and not exists (
      select from pg_index join pg_attribute on attrelid = indrelid and attnum = indkey[0]
      where indrelid = conrelid and attnum = any (conkey)
        and coalesce(pg_get_expr(indpred, indrelid) = format('(%I IS NOT NULL)', attname), true))
    order by conname`
  t.same(rows.map(({ conname }) => String(conname)), [], 'each foreign key has an index')
})
