import t from 'tap'
import { until } from '@carillon/testing'
import type { Part } from '../../src/up/part.ts'
import { supervise } from '../../src/up/supervise.ts'

t.test('waits longer after each exit in a row, and for the shortest time after a part has run for a while', async (t) => {
  const fake = createFake()
  const lines: string[] = []
  let now = 0
  const supervised = await supervise(fake.part, { ...options(lines), backOffMs: [1, 2, 3], stableMs: 200, now: () => now })
  for (let exits = 1; exits <= 4; exits++) {
    fake.exit()
    await until(() => fake.starts() === exits + 1)
  }
  now += 200
  fake.exit()
  await until(() => fake.starts() === 6)
  const waits = lines.filter((line) => line.includes('exited')).map((line) => Number(/restarting it in ([\d.]+) s/.exec(line)?.[1]) * 1000)
  t.same(waits, [1, 2, 3, 3, 1])
  t.equal(lines.filter((line) => line === 'fake is back').length, 5)
  await supervised.stop()
})

t.test('continues when a restart fails, and reports the reason', async (t) => {
  const fake = createFake({ failing: [2, 3] })
  const lines: string[] = []
  const supervised = await supervise(fake.part, options(lines))
  fake.exit()
  await until(() => lines.includes('fake is back'))
  t.equal(fake.starts(), 4)
  t.match(lines, [/exited \(code 1\)/, /exited \(cannot start\)/, /exited \(cannot start\)/, 'fake is back'])
  await supervised.stop()
})

t.test('fails if the first start fails', async (t) => {
  const fake = createFake({ failing: [1] })
  await t.rejects(supervise(fake.part, options([])), { message: 'cannot start' })
  t.equal(fake.starts(), 1)
})

t.test('does not restart a stopped part, even if it is waiting to restart it', async (t) => {
  const fake = createFake()
  const supervised = await supervise(fake.part, { ...options([]), backOffMs: [60_000] })
  fake.exit()
  await supervised.stop()
  t.equal(fake.starts(), 1)
})

function options (lines: string[]) {
  return { signal: new AbortController().signal, report: (line: string) => { lines.push(line) }, backOffMs: [1] }
}

function createFake ({ failing = [] }: { failing?: number[] } = {}) {
  let starts = 0
  let exit = () => {}
  const part: Part = {
    name: 'fake',
    async start () {
      starts++
      if (failing.includes(starts)) throw new Error('cannot start')
      const exited = new Promise<string>((resolve) => { exit = () => resolve('code 1') })
      return { url: '', exited, stop: async () => { exit() }, kill: () => exit() }
    }
  }
  return { part, starts: () => starts, exit: () => exit() }
}
