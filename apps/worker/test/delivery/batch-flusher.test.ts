import t from 'tap'
import { createBatchFlusher } from '../../src/delivery/batch-flusher.ts'

t.test('flushes full sets immediately and the rest when it closes', async (t) => {
  const sets: Array<{ items: number[], isLast: boolean }> = []
  const flush = async (items: number[], isLast: boolean) => { sets.push({ items, isLast }) }
  const flusher = createBatchFlusher<number>(flush, { maxItems: 3, afterMs: 60_000 })
  for (const item of [1, 2, 3, 4]) flusher.add(item)
  t.same(sets, [{ items: [1, 2, 3], isLast: false }])
  await flusher.close()
  t.same(sets, [{ items: [1, 2, 3], isLast: false }, { items: [4], isLast: true }])
})

t.test('marks the last set, even if it is empty', async (t) => {
  const sets: Array<{ items: number[], isLast: boolean }> = []
  const flush = async (items: number[], isLast: boolean) => { sets.push({ items, isLast }) }
  const flusher = createBatchFlusher<number>(flush, { maxItems: 2, afterMs: 60_000 })
  for (const item of [1, 2]) flusher.add(item)
  await flusher.close()
  t.same(sets, [{ items: [1, 2], isLast: false }, { items: [], isLast: true }])
})

t.test('does not mark a set as the last after a failed flush', async (t) => {
  const lasts: boolean[] = []
  const flusher = createBatchFlusher<number>(async (items, isLast) => {
    lasts.push(isLast)
    if (items.length > 0) throw new Error('no database')
  }, { maxItems: 1, afterMs: 60_000 })
  flusher.add(1)
  await t.rejects(flusher.close(), { message: 'no database' })
  t.same(lasts, [false, false])
})

t.test('flushes a set when its time is over', async (t) => {
  const flushed = new Promise<number[]>((resolve) => {
    createBatchFlusher<number>(async (items) => resolve(items), { maxItems: 100, afterMs: 1 }).add(1)
  })
  t.same(await flushed, [1])
})

t.test('rejects with the error of a failed flush', async (t) => {
  const flusher = createBatchFlusher<number>(async () => { throw new Error('no database') }, { maxItems: 1, afterMs: 60_000 })
  flusher.add(1)
  await t.rejects(flusher.close(), { message: 'no database' })
})

t.test('flushes the last set after all others have ended, however long the database takes', async (t) => {
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))
  const sets: Array<{ items: number[], isLast: boolean, underWay: number }> = []
  let underWay = 0
  const flusher = createBatchFlusher<number>(async (items, isLast) => {
    sets.push({ items, isLast, underWay: underWay++ })
    await pause()
    underWay--
  }, { maxItems: 2, afterMs: 1 })
  for (const item of [1, 2, 3]) flusher.add(item)
  await flusher.close()
  t.same(sets, [{ items: [1, 2], isLast: false, underWay: 0 }, { items: [3], isLast: true, underWay: 0 }],
    'the last set contains the items that arrived during the wait')
})
