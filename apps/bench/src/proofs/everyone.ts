import { expectSame } from '../environment/check-counts.ts'
import { watchProgress } from '../environment/watch-progress.ts'
import { expectEverybody, sumOf, untilOver, untilPushes } from './expect-everyone.ts'
import { withCarillon } from './proof.ts'
import type { Proof } from './proof.ts'

export const everyone: Proof = {
  name: 'everyone',
  about: 'one broadcast reaches everybody, once, and its progress ends at exactly that',
  run: (context, options) => withCarillon(context, options, {}, async (carillon) => {
    const { people } = options
    const startedAt = Date.now()
    const id = await carillon.notify({ everyone: true })
    const watching = watchProgress(carillon, id)
    watching.catch(() => {}) // awaited below, unless an earlier step fails
    await untilPushes(context, carillon, people)
    await untilOver(context, carillon, id, 'completed')
    const seconds = (Date.now() - startedAt) / 1000
    const { repeated } = await expectEverybody(context, carillon, id)

    const events = await watching
    const backwards = events.filter(({ counts }, index) => (counts['sent'] ?? 0) < (events[index - 1]?.counts['sent'] ?? 0)).length
    const tooMany = events.filter(({ counts }) => sumOf(counts) > people).length
    expectSame('events of progress that go back, or count more than there are', { backwards, tooMany }, {})
    const last = events.at(-1)
    expectSame('the last event of progress', { status: last?.status, ...last?.counts }, { status: 'completed', sent: people })
    return { sent: people, repeated, seconds, 'per second': Math.round(people / seconds), 'progress events': events.length }
  })
}
