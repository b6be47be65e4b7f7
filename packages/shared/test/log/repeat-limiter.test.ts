import t from 'tap'
import { createRepeatLimiter } from '../../src/log/repeat-limiter.ts'

t.test('reports the first error immediately, and further ones once per interval, which grows', async (t) => {
  const lines: Array<[string, number]> = []
  const timers: Array<{ work: () => void, ms: number }> = []
  const tell = createRepeatLimiter<string>({
    kindOf: (fault) => fault.charAt(0),
    report: (fault, suppressed) => lines.push([fault, suppressed]),
    later: (work, ms) => timers.push({ work, ms })
  })
  const endInterval = (): number => {
    const timer = timers.shift()
    timer?.work()
    return timer?.ms ?? 0
  }

  for (let count = 0; count < 100_000; count++) tell(`a${count}`)
  t.same(lines, [['a0', 0]])
  tell('b')
  t.same(lines, [['a0', 0], ['b', 0]], 'each kind has its own interval')
  t.equal(endInterval(), 1_000)
  t.same(lines.at(-1), ['a99999', 99_999])
  t.equal(endInterval(), 1_000, 'the interval of b')
  t.equal(lines.length, 3, 'no error occurred in the interval')
  tell('b again')
  t.same(lines.at(-1), ['b again', 0], 'the next error is reported immediately again')

  const intervals: number[] = []
  for (let round = 0; round < 12; round++) {
    tell('a')
    const next = timers.findIndex(({ ms }) => ms > 1_000)
    const [timer] = timers.splice(next, 1)
    intervals.push(timer?.ms ?? 0)
    timer?.work()
  }
  t.same(intervals.slice(0, 3), [2_000, 4_000, 8_000])
  t.equal(intervals.at(-1), 300_000)
  t.ok(intervals.every((ms) => ms <= 300_000))
})
