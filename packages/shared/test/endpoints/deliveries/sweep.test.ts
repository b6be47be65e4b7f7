import t from 'tap'
import { newId } from '../../../src/db/index.ts'
import { sweepEndpointDeliveries } from '../../../src/endpoints/index.ts'
import { openTestDatabase } from '../../open-test-database.ts'

t.test('deletes the deliveries and attempts of each endpoint that are older than the retention time', async (t) => {
  const { sql } = await openTestDatabase(t)
  const endpoints = [newId(), newId()]
  await sql`
    insert into endpoints (id, url, events, secrets) select id, 'https://shop.example/', '{*}', 'sealed' from unnest(${endpoints}::uuid[]) as id`
  for (const [index, endpoint] of endpoints.entries()) {
    for (const id of [`01890000-0000-7000-8000-00000000000${index}`, newId()]) {
      await sql`insert into endpoint_deliveries (endpoint_id, event_id, state) values (${endpoint}, ${id}, 'succeeded')`
      await sql`
        insert into endpoint_attempts (id, endpoint_id, event_id, event_type, at, duration_ms, status)
        values (${id}, ${endpoint}, ${id}, 'endpoint.test', now(), 1, 204)`
    }
  }
  t.equal(await sweepEndpointDeliveries({ sql }, 30), 4)
  t.equal(await sweepEndpointDeliveries({ sql }, 30), 0)
  const [left] = await sql`
    select (select count(*)::int from endpoint_deliveries) as deliveries, (select count(*)::int from endpoint_attempts) as attempts`
  t.same(left, { deliveries: 2, attempts: 2 })
})
