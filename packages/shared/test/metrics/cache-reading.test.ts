import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { cacheReading } from '../../src/metrics/cache-reading.ts'

t.test('shares one reading between the calls of a scrape, and keeps it for a while', async (t) => {
  let readings = 0
  const read = cacheReading(async () => {
    await nextTurn()
    return ++readings
  }, () => {})
  t.same(await Promise.all([read(), read(), read()]), [1, 1, 1])
  t.equal(await read(), 1)
})

t.test('reads again after an error, and reports each', async (t) => {
  const errors: unknown[] = []
  const results = [new Error('away'), 'back']
  const read = cacheReading(async () => {
    const result = results.shift()
    if (result instanceof Error) throw result
    return result
  }, (error) => errors.push(error))
  t.equal(await read(), undefined)
  t.equal(await read(), 'back')
  t.match(errors, [{ message: 'away' }])
})
