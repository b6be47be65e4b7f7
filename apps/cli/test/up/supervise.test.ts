import t from 'tap'
import { until } from '@carillon/testing'
import type { Part } from '../../src/up/part.ts'
import { supervise } from '../../src/up/supervise.ts'

t.test('waits longer after each exit in a row, and shortly again after a part has run a while', async (t) => {
  const fake = createFake()
  const lines: string[] = []
  let now = 0
  const supervised = await supervise(fake.part, { ...options(lines), backOffMs: [1, 2, 3], settledMs: 200, now: () => now })
  for (let deaths = 1; deaths <= 4; deaths++) {
    fake.die()
    await until(() => fake.starts() === deaths + 1)
  }
  now += 200
  fake.die()
  await until(() => fake.starts() === 6)
  const waits = lines.filter((line) => line.includes('exited')).map((line) => Number(/restarting it in ([\d.]+) s/.exec(line)?.[1]) * 1000)
  t.same(waits, [1, 2, 3, 3, 1])
  t.equal(lines.filter((line) => line === 'fake is back').length, 5)
  await supervised.stop()
})

t.test('continues when a restart fails, and says why', async (t) => {
  const fake = createFake({ failing: [2, 3] })
  const lines: string[] = []
  const supervised = await supervise(fake.part, options(lines))
  fake.die()
  await until(() => lines.includes('fake is back'))
  t.equal(fake.starts(), 4)
  t.match(lines, [/exited \(died\)/, /exited \(cannot start\)/, /exited \(cannot start\)/, 'fake is back'])
  await supervised.stop()
})

t.test('gives up when already the first start fails', async (t) => {
  const fake = createFake({ failing: [1] })
  await t.rejects(supervise(fake.part, options([])), { message: 'cannot start' })
  t.equal(fake.starts(), 1)
})

t.test('does not restart a part that was stopped, not even during a wait', async (t) => {
  const fake = createFake()
  const supervised = await supervise(fake.part, { ...options([]), backOffMs: [60_000] })
  fake.die()
  await supervised.stop()
  t.equal(fake.starts(), 1)
})

function options (lines: string[]) {
  return { signal: new AbortController().signal, report: (line: string) => { lines.push(line) }, backOffMs: [1] }
}

function createFake ({ failing = [] }: { failing?: number[] } = {}) {
  let starts = 0
  let die = () => {}
  const part: Part = {
    name: 'fake',
    async start () {
      starts++
      if (failing.includes(starts)) throw new Error('cannot start')
      const exited = new Promise<string>((resolve) => { die = () => resolve('died') })
      return { url: '', exited, stop: async () => { die() }, kill: () => die() }
    }
  }
  return { part, starts: () => starts, die: () => die() }
}
