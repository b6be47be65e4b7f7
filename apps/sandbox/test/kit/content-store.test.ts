import t from 'tap'
import { createContentStore } from '../../src/kit/content-store.ts'

t.test('deletes the oldest contents beyond the limit', (t) => {
  const store = createContentStore<{ content?: Buffer }>()
  const keys = Array.from({ length: 6 }, (_, index) => String(index))
  for (const key of keys) store.set(key, {})
  for (const key of keys) store.set(key, { content: Buffer.alloc(26_214_400) })
  t.same(keys.map((key) => store.get(key) !== undefined), [false, true, true, true, true, true])
  store.set('5', { content: Buffer.alloc(10) })
  store.set('1', { content: Buffer.alloc(10) })
  t.equal(store.get('1')?.content?.length, 10)
  t.end()
})
