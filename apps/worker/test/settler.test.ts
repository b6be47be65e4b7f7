import t from 'tap'
import { createSettler } from '../src/deliver/settler.ts'

t.test('hands on full sets at once and the rest when it closes', async (t) => {
  const sets: number[][] = []
  const settler = createSettler<number>(async (items) => { sets.push(items) }, { most: 3, afterMs: 60_000 })
  for (const item of [1, 2, 3, 4]) settler.add(item)
  t.same(sets, [[1, 2, 3]])
  await settler.close()
  t.same(sets, [[1, 2, 3], [4]])
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
