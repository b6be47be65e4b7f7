import { until } from '@carillon/testing'
import t from 'tap'
import { createLanes } from '../../src/throttling/lanes.ts'

t.test('a host that does not respond gets as many requests as its breaker needs', async () => {
  const lanes = createLanes(() => 0, 10)
  let running = 0
  const requests = Array.from({ length: 40 }, () => lanes.enter().then(() => { running++ }))
  await until(() => running === 40, { what: 'all requests, although none has ended' })
  await Promise.all(requests)
})

t.test('requests that were late let no others begin after their end', async (t) => {
  const lanes = createLanes(() => 0, 10)
  for (const leave of await Promise.all([lanes.enter(), lanes.enter(), lanes.enter()])) leave()
  let running = 0
  const leave = await lanes.enter()
  const next = lanes.enter().then(() => { running++ })
  // No timer fires between promises.
  for (let turns = 0; turns < 10; turns++) await Promise.resolve()
  t.equal(running, 0)
  leave()
  await next
  t.equal(running, 1)
})
