import t from 'tap'
import { newId } from '../../../src/db/index.ts'
import { sweepEndpointDeliveries } from '../../../src/endpoints/index.ts'
import { openTestDatabase } from '../../open-test-database.ts'

t.test('deletes the deliveries and attempts of each endpoint that are older than the time given', async (t) => {
  const { sql } = await openTestDatabase(t)
  const endpoints = [newId(), newId()]
  await sql`
    insert into endpoints (id, url, events, secrets) select id, 'https://shop.example/', '{*}', 'sealed' from unnest(${endpoints}::uuid[]) as id`
  for (const endpoint of endpoints) {
    for (const time of ['2026-10-01T00:00:00Z', '2026-11-29T00:00:00Z']) {
      const event = newId()
      await sql`
        insert into endpoint_deliveries (endpoint_id, event_id, state, created_at) values (${endpoint}, ${event}, 'succeeded', ${time}::text::timestamptz)`
      await sql`
        insert into endpoint_attempts (id, endpoint_id, event_id, event_type, at, duration_ms, status)
        values (${newId()}, ${endpoint}, ${event}, 'endpoint.test', ${time}::text::timestamptz, 1, 204)`
    }
  }
  const before = new Date('2026-11-01T00:00:00Z')
  t.equal(await sweepEndpointDeliveries({ sql }, before), 4)
  t.equal(await sweepEndpointDeliveries({ sql }, before), 0)
  const [left] = await sql`
    select (select count(*)::int from endpoint_deliveries where created_at > ${before.toISOString()}::timestamptz) as deliveries,
      (select count(*)::int from endpoint_attempts where at > ${before.toISOString()}::timestamptz) as attempts`
  t.same(left, { deliveries: 2, attempts: 2 })
})
