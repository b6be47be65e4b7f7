import t from 'tap'
import { persist } from '../src/persist.ts'

const never = new AbortController().signal

t.test('tries until it works, and tells of what failed before', async (t) => {
  const failures = [new Error('first'), new Error('second')]
  const heard: unknown[] = []
  const result = await persist(async () => {
    const failure = failures[heard.length]
    if (failure !== undefined) throw failure
    return 'done'
  }, never, (error) => heard.push(error))
  t.equal(result, 'done')
  t.same(heard, failures)
})

t.test('cuts the wait short when it must end, tries once more, and then says why it did not work', async (t) => {
  const ending = new AbortController()
  let tries = 0
  const persisting = persist(async () => { throw new Error(`try ${++tries}`) }, ending.signal, () => {
    if (tries === 3) ending.abort()
  })
  await t.rejects(persisting, { message: 'try 4' })
})
