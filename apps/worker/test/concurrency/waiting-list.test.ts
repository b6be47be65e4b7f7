import t from 'tap'
import { createWaitingList } from '../../src/concurrency/waiting-list.ts'

t.test('returns items in order, without those that were removed', async (t) => {
  const list = createWaitingList<string>()
  const [, bob, cleo] = ['ann', 'bob', 'cleo', 'dora'].map((name) => list.push(name))
  if (bob === undefined || cleo === undefined) throw new Error('four entries')
  t.equal(list.remove(bob), true)
  t.equal(list.remove(bob), false)
  t.equal(list.size, 3)
  t.same([list.shift(), list.shift(), list.shift(), list.shift()], ['ann', 'cleo', 'dora', undefined])
  t.equal(list.remove(cleo), false, 'an item that was returned is not in the list')
  t.equal(list.size, 0)
  list.push('eve')
  t.equal(list.shift(), 'eve')
})

t.test('removes the first and the last item', async (t) => {
  const list = createWaitingList<number>()
  const entries = [1, 2, 3].map((number) => list.push(number))
  for (const index of [0, 2]) t.equal(list.remove(entries[index] ?? list.push(0)), true)
  list.push(4)
  t.same([list.shift(), list.shift(), list.shift()], [2, 4, undefined])
})
