import { until } from '@carillon/testing'
import t from 'tap'
import { createLanes } from '../../src/throttling/lanes.ts'
import type { Lanes } from '../../src/throttling/lanes.ts'

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

/** Sends `count` requests, of which those that began first end first. */
async function acceptSome (lanes: Lanes, count: number): Promise<void> {
  const running: Array<() => void> = []
  const entered = Array.from({ length: count }, () => lanes.enter().then((leave) => { running.push(leave) }))
  for (let accepted = 0; accepted < count;) {
    const leave = running.shift()
    if (leave === undefined) {
      await Promise.resolve()
      continue
    }
    lanes.noteAccepted()
    accepted++
    leave()
  }
  await Promise.all(entered)
}

t.test('an unknown host gets few requests at a time, until it has accepted some', async (t) => {
  let time = 0
  const lanes = createLanes(() => time)
  await acceptSome(lanes, 25)
  t.equal(lanes.max, 1)
  await acceptSome(lanes, 30)
  t.equal(lanes.max, 2)
  await acceptSome(lanes, 445)
  t.ok(lanes.max > 40 && lanes.max < 96, `${lanes.max} at a time after 500`)

  lanes.resize(1)
  await acceptSome(lanes, 25)
  t.equal(lanes.max, 1, 'after a refusal it grows slowly again')
  await acceptSome(lanes, 100)
  t.ok(lanes.max > 10, `${lanes.max} at a time after 125`)
  time += 60_000
  t.equal(lanes.max, 1, 'so does an idle minute')
  await acceptSome(lanes, 25)
  t.equal(lanes.max, 1)
})
