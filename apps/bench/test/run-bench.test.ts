import t from 'tap'
import type { Figure } from '../src/figures/figure.ts'
import { figures } from '../src/figures/figures.ts'
import { expectSame } from '../src/environment/check-counts.ts'
import type { Environment } from '../src/environment/bench-context.ts'
import type { Program } from '../src/environment/programs.ts'
import type { Measure } from '../src/measures/measure.ts'
import { describeTarget, runBench } from '../src/run-bench.ts'
import { quick } from '../src/sizes.ts'

/** An environment without servers. */
function environmentWith (...programs: Program[]): Environment {
  return { sizes: { ...quick, rounds: 3 }, programs } as Partial<Environment> as Environment
}

function measureOf (name: string, values: number[], ran: string[], needs: Program[] = []): Measure<{ value: number }> {
  const left = values.values()
  return {
    name,
    needs,
    run: async () => {
      ran.push(name)
      return { value: left.next().value ?? NaN }
    },
    tell: ({ value }) => ({ value: String(value) })
  }
}

function ratioOf (id: Figure['id'], one: Measure<{ value: number }>, other: Measure<{ value: number }>, target: Figure['target']): Figure {
  return { id, about: id, unit: '×', target, needs: [one, other], of: (round) => round.of(one).value / round.of(other).value }
}

t.test('compares results of the same round, and runs no measure twice in it', async (t) => {
  const ran: string[] = []
  const limit = measureOf('limit', [100, 10, 1000], ran)
  const fast = measureOf('fast', [80, 9, 700], ran)
  const slow = measureOf('slow', [8, 1, 70], ran)
  const said: string[] = []
  const result = await runBench(environmentWith('redis'), [
    ratioOf('broadcast-redis', fast, limit, { atLeast: 0.75 }),
    ratioOf('broadcast-naive', fast, slow, { atLeast: 10 }),
    ratioOf('growth-cpu', fast, slow, { atMost: 10 }),
    ratioOf('broadcast-postgres', fast, limit, { atLeast: 0.9 })
  ], (line) => said.push(line))

  t.strictSame(result.figures, [
    { id: 'broadcast-redis', median: 0.8, low: 0.7, high: 0.9, target: '≥ 0.75 ×', ok: true },
    { id: 'broadcast-naive', median: 10, low: 9, high: 10, target: '≥ 10 ×', ok: true },
    { id: 'growth-cpu', median: 10, low: 9, high: 10, target: '≤ 10 ×', ok: true },
    { id: 'broadcast-postgres', median: 0.8, low: 0.7, high: 0.9, target: '≥ 0.9 ×', ok: false }
  ])
  for (const round of [0, 1, 2]) t.same(ran.slice(3 * round, 3 * round + 3).sort(), ['fast', 'limit', 'slow'])
  t.equal(new Set([ran[0], ran[3], ran[6]]).size, 3, 'each round starts with another measure')
  t.equal(said.length, 9)
  t.same(result.measures.find(({ name }) => name === 'slow')?.rounds, [{ value: '8' }, { value: '1' }, { value: '70' }])
})

t.test('reports what it skips without Redis, and does not measure it', async (t) => {
  const ran: string[] = []
  const onRedis = measureOf('on redis', [1, 1, 1], ran, ['redis'])
  const limit = measureOf('limit', [1, 1, 1], ran)
  const said: string[] = []
  const wanted = [ratioOf('broadcast-redis', onRedis, limit, { atLeast: 1 })]
  const result = await runBench(environmentWith('openssl'), wanted, (line) => said.push(line))
  t.same(result.figures, [])
  t.match(result.skipped, [{ id: 'broadcast-redis', reason: 'there is no redis-server on PATH' }])
  t.match(said, [/broadcast-redis is skipped: there is no redis-server/])
  t.same(ran, [])
})

t.test('fails completely when a measure fails, and names the measure', async (t) => {
  const broken: Measure<{ value: number }> = {
    name: 'broken', run: async () => { expectSame('deliveries', { sent: 9, failed: 1 }, { sent: 10 }); return { value: 1 } }, tell: () => ({})
  }
  await t.rejects(runBench(environmentWith('redis'), [ratioOf('accept', broken, broken, { atLeast: 1 })], () => {}),
    { message: 'broken: deliveries: {"sent":9,"failed":1} where {"sent":10} were due' })
})

t.test('compares counts in any order, and ignores zeros', async (t) => {
  expectSame('rows', { sent: 3, failed: 0, skipped: 1 }, { skipped: 1, sent: 3 })
  for (const found of [{ sent: 2 }, { sent: 3, failed: 1 }, {}]) t.throws(() => expectSame('rows', found, { sent: 3 }), { name: 'CountError' })
})

t.test('contains all figures, with unique names', async (t) => {
  t.equal(new Set(figures.map(({ id }) => id)).size, 23)
  t.same(figures.map(describeTarget), [
    '≥ 0.45 ×', '≥ 0.45 ×', '≥ 10 ×', '≥ 0.7 ×', '≥ 0.7 ×', '≥ 0.5 ×', '≥ 1 ×', '≥ 0.1 ×', '≥ 0.05 ×', '≤ 10 ms', '≤ 40 ms', '≤ 0.05', '≤ 1', '≤ 1.1 ×', '≤ 64 MiB', '≤ 250 ms', '≤ 250 ms',
    '≥ 0.6 ×', '≥ 0.6 ×', '≥ 0.7 ×', '≤ 0.01', '≥ 0.8', '≥ 1.8 ×'
  ])
})
