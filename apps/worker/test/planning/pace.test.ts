import t from 'tap'
import { paceOf } from '../../src/planning/pace.ts'

const segmentsOf = (audience: number, size: number): number => Math.ceil(audience / size)
const day = 86_400

t.test('a broadcast without spreading has full segments that are due immediately', async (t) => {
  t.same(paceOf(1_000_000, null, undefined), { size: 500, secondsEach: 0 })
  t.same(paceOf(0, 60, 10), { size: 500, secondsEach: 0 })
})

t.test('a segment holds the connections of one second', async (t) => {
  t.same(paceOf(100, 10, undefined), { size: 10, secondsEach: 0.1 })
  t.same(paceOf(100, null, 20), { size: 20, secondsEach: 0.05 })
  t.same(paceOf(100, 10, 5), { size: 5, secondsEach: 0.2 }, 'the slower of both')
})

t.test('spreading creates a thousand segments at most', async (t) => {
  const inputs = [[100_000, day, undefined], [86_400, day, undefined], [50_000, null, 1], [1_500, day, 2]] as const
  for (const [audience, spreadSeconds, perSecond] of inputs) {
    const { size, secondsEach } = paceOf(audience, spreadSeconds, perSecond)
    t.ok(segmentsOf(audience, size) <= 1_000, `${segmentsOf(audience, size)} segments of ${audience} people`)
    t.equal(Math.round(secondsEach * audience), Math.max(spreadSeconds ?? 0, audience / (perSecond ?? Infinity)), 'over all of the time')
  }
})

t.test('a small audience has one connection per segment', async (t) => {
  t.same(paceOf(100, day, undefined), { size: 1, secondsEach: 864 })
})
