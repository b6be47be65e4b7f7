import t from 'tap'
import { groupCalls } from '../../src/db/index.ts'

t.test('a call of one turn carries all its items, and the next one those that arrive meanwhile', async (t) => {
  const groups: number[][] = []
  const double = groupCalls(async (items: number[]) => {
    groups.push(items)
    await new Promise(setImmediate)
    return items.map((item) => item * 2)
  })
  const first = [double(1), double(2)]
  const later = first[0]?.then(async () => await Promise.all([double(3), double(4)]))
  t.same(await Promise.all(first), [2, 4])
  t.same(await later, [6, 8])
  t.same(groups, [[1, 2], [3, 4]])
  t.equal(await double(5), 10, 'it works again after a pause')
})

t.test('a call carries at most 500 items', async (t) => {
  const sizes: number[] = []
  const same = groupCalls(async (items: number[]) => { sizes.push(items.length); return items })
  const results = await Promise.all(Array.from({ length: 1_201 }, (_, index) => same(index)))
  t.same(results, Array.from({ length: 1_201 }, (_, index) => index))
  t.same(sizes, [500, 500, 201])
})

t.test('an error concerns the items of its call alone', async (t) => {
  const halve = groupCalls(async (items: number[]) => {
    if (items.includes(1)) throw new Error('odd')
    return items.map((item) => item / 2)
  })
  const odd = halve(1)
  await t.rejects(odd, { message: 'odd' })
  t.equal(await halve(2), 1)
})
