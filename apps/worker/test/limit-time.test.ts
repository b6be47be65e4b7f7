import { getEventListeners } from 'node:events'
import t from 'tap'
import { limitTime } from '../src/limit-time.ts'

t.test('aborts after its time', async (t) => {
  const { signal } = limitTime(1, new AbortController().signal)
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
  t.ok(signal.aborted)
})

t.test('aborts with its parent, even if the parent is aborted already', async (t) => {
  const parent = new AbortController()
  const before = limitTime(60_000, parent.signal)
  parent.abort()
  const after = limitTime(60_000, parent.signal)
  t.ok(before.signal.aborted)
  t.ok(after.signal.aborted)
  before.release()
  after.release()
})

t.test('has one listener for all batches, because Node.js warns of more than ten', async (t) => {
  const parent = new AbortController()
  const limits = Array.from({ length: 12 }, () => limitTime(60_000, parent.signal))
  t.equal(getEventListeners(parent.signal, 'abort').length, 1)
  limits[0]?.release()
  parent.abort()
  t.same(limits.map(({ signal }) => signal.aborted), [false, ...Array(11).fill(true)])
  for (const { release } of limits) release()
})

t.test('removes its listener from the parent when it is released', async (t) => {
  const parent = new AbortController()
  const { signal, release } = limitTime(60_000, parent.signal)
  release()
  t.same(getEventListeners(parent.signal, 'abort'), [])
  parent.abort()
  t.notOk(signal.aborted)
})
