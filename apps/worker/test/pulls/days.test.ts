import t from 'tap'
import { daysToRead, halve } from '../../src/pulls/days.ts'
import type { DayRange } from '../../src/pulls/days.ts'

const dayMs = 24 * 3_600_000

function daysIn ({ since, until }: DayRange): string[] {
  const count = (Date.parse(until) - Date.parse(since)) / dayMs + 1
  return Array.from({ length: count }, (_, index) => new Date(Date.parse(since) + index * dayMs).toISOString().slice(0, 10))
}

t.test('halves a range down to single days without losing one', async (t) => {
  for (const until of ['2026-02-01', '2026-02-02', '2026-02-03', '2026-02-28', '2026-03-02']) {
    const whole = { since: '2026-02-01', until }
    const ranges = [whole]
    const days: string[] = []
    let deepest = 0
    for (let range = ranges.shift(); range !== undefined; range = ranges.shift()) {
      const halves = halve(range)
      if (halves === undefined) days.push(...daysIn(range))
      else {
        const [first, second] = halves.map((half) => daysIn(half).length)
        t.ok(first === second || first === (second ?? 0) + 1, `${first} and ${second} days`)
        ranges.unshift(...halves)
        deepest = Math.max(deepest, ranges.length)
      }
    }
    t.same(days, daysIn(whole), 'each day once, in their order')
    t.ok(deepest <= 6, 'which takes five halvings of thirty days')
  }
})

t.test('reads a round in ranges of thirty days', async (t) => {
  const pace = { backfillDays: 90, rereadDays: 7 }
  t.same(daysToRead('2026-03-31', null, pace).map((range) => daysIn(range).length), [30, 30, 30])
  t.same(daysToRead('2026-03-31', '2026-03-31', pace), [{ since: '2026-03-25', until: '2026-03-31' }])
  t.same(daysToRead('2026-03-31', '2025-01-01', pace).flatMap(daysIn).length, 90, 'and never more than are wanted')
})
