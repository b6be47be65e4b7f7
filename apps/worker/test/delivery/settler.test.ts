import t from 'tap'
import { createSettler } from '../../src/delivery/settler.ts'

t.test('hands on full sets at once and the rest when it closes', async (t) => {
  const sets: Array<{ items: number[], isLast: boolean }> = []
  const settler = createSettler<number>(async (items, isLast) => { sets.push({ items, isLast }) }, { most: 3, afterMs: 60_000 })
  for (const item of [1, 2, 3, 4]) settler.add(item)
  t.same(sets, [{ items: [1, 2, 3], isLast: false }])
  await settler.close()
  t.same(sets, [{ items: [1, 2, 3], isLast: false }, { items: [4], isLast: true }])
})

t.test('says which set is the last, though nothing be left for it', async (t) => {
  const sets: Array<{ items: number[], isLast: boolean }> = []
  const settler = createSettler<number>(async (items, isLast) => { sets.push({ items, isLast }) }, { most: 2, afterMs: 60_000 })
  for (const item of [1, 2]) settler.add(item)
  await settler.close()
  t.same(sets, [{ items: [1, 2], isLast: false }, { items: [], isLast: true }])
})

t.test('does not call it the last while a set that failed is still to be found', async (t) => {
  const lasts: boolean[] = []
  const settler = createSettler<number>(async (items, isLast) => {
    lasts.push(isLast)
    if (items.length > 0) throw new Error('no database')
  }, { most: 1, afterMs: 60_000 })
  settler.add(1)
  await t.rejects(settler.close(), { message: 'no database' })
  t.same(lasts, [false, false])
})

t.test('hands on what has waited long enough', async (t) => {
  const flushed = new Promise<number[]>((resolve) => {
    createSettler<number>(async (items) => resolve(items), { most: 100, afterMs: 1 }).add(1)
  })
  t.same(await flushed, [1])
})

t.test('tells of a flush that failed', async (t) => {
  const settler = createSettler<number>(async () => { throw new Error('no database') }, { most: 1, afterMs: 60_000 })
  settler.add(1)
  await t.rejects(settler.close(), { message: 'no database' })
})

t.test('begins the last set when all others have ended, however long they wait for the database', async (t) => {
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))
  const sets: Array<{ items: number[], isLast: boolean, underWay: number }> = []
  let underWay = 0
  const settler = createSettler<number>(async (items, isLast) => {
    sets.push({ items, isLast, underWay: underWay++ })
    await pause()
    underWay--
  }, { most: 2, afterMs: 1 })
  for (const item of [1, 2, 3]) settler.add(item)
  await settler.close()
  t.same(sets, [{ items: [1, 2], isLast: false, underWay: 0 }, { items: [3], isLast: true, underWay: 0 }],
    'what came while they were waited for is of it')
})
