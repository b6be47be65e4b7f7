import { until } from '@carillon/testing'
import t from 'tap'
import { createFileStore } from '../../src/files/file-store.ts'
import type { FileStore, StoredFile } from '../../src/files/file-store.ts'

const never = new AbortController().signal

/** A file of `size` bytes that is loaded when the test calls `finish`. */
function file (key: string, size: number, loadBytes = size) {
  const gate = withResolvers<Buffer>()
  const signals: AbortSignal[] = []
  const stored: StoredFile = {
    key,
    loadBytes,
    load: (signal) => {
      signals.push(signal)
      return gate.promise
    }
  }
  return { stored, signals, loads: () => signals.length, finish: () => gate.resolve(Buffer.alloc(size, key)), fail: gate.reject }
}

/** Node 20 has no Promise.withResolvers. */
function withResolvers<Value> () {
  let [resolve, reject]: [(value: Value) => void, (error: Error) => void] = [() => {}, () => {}]
  const promise = new Promise<Value>((...both) => { [resolve, reject] = both })
  promise.catch(() => {})
  return { promise, resolve, reject }
}

/** Uses a file until the test releases it. */
function hold (store: FileStore, stored: StoredFile, signal = never) {
  const gate = withResolvers<void>()
  const state = { has: false }
  const done = store.use(stored, signal, async (bytes) => {
    state.has = true
    await gate.promise
    return bytes.length
  })
  done.catch(() => {})
  return { state, done, stop: gate.resolve }
}

t.test('loads a file once for all callers, and keeps it for later ones', async (t) => {
  const store = createFileStore()
  const one = file('a', 10)
  const users = Array.from({ length: 40 }, () => hold(store, one.stored))
  one.finish()
  for (const { stop } of users) stop()
  t.same(await Promise.all(users.map(({ done }) => done)), Array(40).fill(10))
  t.equal(await store.use(one.stored, never, async (bytes) => bytes.toString()), 'a'.repeat(10))
  t.equal(one.loads(), 1)
  t.equal(store.heldBytes(), 10)
})

t.test('limits the held bytes, and serves waiting callers in order', async (t) => {
  const store = createFileStore({ maxBytes: 100 })
  const [first, second, third] = [file('a', 60), file('b', 60), file('c', 10)]
  const one = hold(store, first.stored)
  const two = hold(store, second.stored)
  const three = hold(store, third.stored)
  for (const { finish } of [first, second, third]) finish()
  await until(() => one.state.has)
  t.same([first, second, third].map(({ loads }) => loads()), [1, 0, 0], 'the small file does not overtake the large one')
  t.equal(store.heldBytes(), 60)
  one.stop()
  t.same(await Promise.all([one.done, until(() => two.state.has && three.state.has)]), [60, true])
  t.equal(store.heldBytes(), 70, 'it has deleted the first file, which is not in use')
  two.stop()
  three.stop()
  await Promise.all([two.done, three.done])
  t.equal(await store.use(first.stored, never, async ({ length }) => length), 60, 'and loads it again when necessary')
  t.equal(first.loads(), 2)
})

t.test('releases reserved bytes that a file does not need', async (t) => {
  const store = createFileStore({ maxBytes: 100 })
  const [first, second] = [file('a', 10, 100), file('b', 20, 90)]
  const one = hold(store, first.stored)
  const two = hold(store, second.stored)
  t.equal(store.heldBytes(), 100)
  second.finish()
  first.finish()
  await until(() => one.state.has && two.state.has)
  t.equal(store.heldBytes(), 30)
  one.stop()
  two.stop()
})

t.test('accepts a file above the limit when there is no other', async (t) => {
  const store = createFileStore({ maxBytes: 10 })
  const large = file('a', 9, 50)
  large.finish()
  t.equal(await store.use(large.stored, never, async ({ length }) => length), 9)
})

t.test('keeps a load error for a while, and then tries again', async (t) => {
  const store = createFileStore({ keepFailureMs: 60_000 })
  const broken = file('a', 10)
  const users = [hold(store, broken.stored), hold(store, broken.stored)]
  broken.fail(new Error('gone'))
  for (const { done } of users) await t.rejects(done, { message: 'gone' })
  await t.rejects(store.use(broken.stored, never, async () => {}), { message: 'gone' })
  t.equal(broken.loads(), 1)
  t.equal(store.heldBytes(), 0)

  const hasty = createFileStore({ keepFailureMs: 1 })
  await t.rejects(hasty.use(broken.stored, never, async () => {}), { message: 'gone' })
  const mended = file('a', 10)
  mended.finish()
  t.equal(await until(() => hasty.use(mended.stored, never, async ({ length }) => length).catch(() => undefined)), 10)
})

t.test('continues a load for other callers, and cancels it when the last one aborts', async (t) => {
  const store = createFileStore({ maxBytes: 10 })
  const slow = file('a', 10)
  const [one, two, three] = [new AbortController(), new AbortController(), new AbortController()]
  const first = hold(store, slow.stored, one.signal)
  const second = hold(store, slow.stored, two.signal)
  const waiting = hold(store, file('b', 10).stored, three.signal)
  await until(() => slow.loads() === 1)
  one.abort(new Error('left'))
  await t.rejects(first.done, { message: 'left' })
  t.equal(slow.signals[0]?.aborted, false)
  three.abort(new Error('left too'))
  await t.rejects(waiting.done, { message: 'left too' }, 'a caller that waits for room can abort too')
  two.abort(new Error('left'))
  await t.rejects(second.done, { message: 'left' })
  t.equal(slow.signals[0]?.aborted, true)
  slow.fail(new Error('aborted'))
  await until(() => store.heldBytes() === 0)
  const again = file('a', 10)
  again.finish()
  t.equal(await store.use(again.stored, never, async ({ length }) => length), 10, 'which is not an error of the file')
})

t.test('deletes a file some time after its last use', async (t) => {
  const store = createFileStore({ keepMs: 1 })
  const one = file('a', 10)
  one.finish()
  await store.use(one.stored, never, async () => {})
  await until(() => store.heldBytes() === 0)
  t.pass('nothing is held')
})

t.test('holds no bytes of a load that succeeds after its cancellation', async (t) => {
  const store = createFileStore({ maxBytes: 100 })
  const leaving = new AbortController()
  const [late, next] = [file('a', 60), file('b', 60)]
  const one = hold(store, late.stored, leaving.signal)
  leaving.abort(new Error('left'))
  await t.rejects(one.done, { message: 'left' })
  late.finish()
  next.finish()
  t.equal(await store.use(next.stored, never, async (bytes) => bytes.length), 60, 'there is room for another file')
  t.equal(store.heldBytes(), 60)
})
