import t from 'tap'
import { sweepBudgets, takeBudget } from '../../src/throttling/index.ts'
import { openTestDatabase } from '../open-test-database.ts'

const database = await openTestDatabase(t, { max: 8 })
const { sql } = database
let keys = 0
const newKey = (perMinute: number) => ({ key: `test:${++keys}`, perMinute })

/** Whole seconds until the budget is full again. */
async function usedSeconds (key: string): Promise<number> {
  const [row] = await sql<Array<{ used: number }>>`
    select round(extract(epoch from full_at - now()))::int as used from outgoing_budgets where key = ${key}`
  return row?.used ?? 0
}

/** Moves the last requests `seconds` into the past. */
async function letPass (seconds: number): Promise<void> {
  await sql`update outgoing_budgets set full_at = full_at - ${seconds}::int * interval '1 second'`
}

t.test('allows the requests of a minute at once, and returns when there are enough again', async (t) => {
  const budget = newKey(2)
  t.same([await takeBudget(database, [budget], 1), await takeBudget(database, [budget], 1)], [0, 0])
  const wait = await takeBudget(database, [budget], 1)
  t.ok(wait > 0 && wait <= 30, `${wait} seconds`)
  await letPass(30)
  t.equal(await takeBudget(database, [budget], 1), 0)
  t.not(await takeBudget(database, [budget], 1), 0)
})

t.test("counts by cost, and allows a request that costs more than a minute's budget once", async (t) => {
  const budget = newKey(1)
  t.equal(await takeBudget(database, [budget], 3), 0)
  const wait = await takeBudget(database, [budget], 3)
  t.ok(wait > 60 && wait <= 180, `${wait} seconds`)
})

t.test('charges all budgets or none, so a caller over the limit uses up no shared budget', async (t) => {
  const [own, shared, other] = [newKey(1), newKey(100), newKey(1)]
  t.equal(await takeBudget(database, [own, shared], 1), 0)
  const used = await usedSeconds(shared.key)
  for (let index = 0; index < 50; index++) t.not(await takeBudget(database, [shared, own], 1), 0)
  t.ok(await usedSeconds(shared.key) <= used)
  t.equal(await takeBudget(database, [other, shared], 1), 0, 'the other caller does not wait')
})

t.test('is exact for concurrent requests, on a new budget too', async (t) => {
  const [budget, second] = [newKey(60), newKey(1_000)]
  await Promise.all(Array.from({ length: 40 }, () => takeBudget(database, [budget, second], 1)))
  t.ok(await usedSeconds(budget.key) >= 30, 'all of them count')
  const answers = await Promise.all(Array.from({ length: 100 }, (_, index) =>
    takeBudget(database, index % 2 === 0 ? [budget, second] : [second, budget], 1)))
  t.ok(answers.some((wait) => wait > 0), 'and none of them deadlocks')
  t.ok(await usedSeconds(budget.key) <= 60)
})

t.test('deletes a budget that is full again', async (t) => {
  const [old, current] = [newKey(60), newKey(60)]
  await takeBudget(database, [old], 1)
  await letPass(600)
  await takeBudget(database, [current], 1)
  t.ok(await sweepBudgets(database) > 0)
  t.same(await sql`select key from outgoing_budgets`, [{ key: current.key }])
  t.equal(await sweepBudgets(database), 0)
})
