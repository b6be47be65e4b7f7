import t from 'tap'
import { spawnBench } from './spawn-bench.ts'

const run = (...args: string[]) => spawnBench(t, ['hostile', ...args])

t.test('measures the cost of hostile requests to a real API', async (t) => {
  const hostile = run('--short', '--json', '--only', 'POST /v1/user-tokens')
  t.match(await hostile.exited, { code: 0 }, hostile.stderr.join('\n'))
  const results: Array<{ caller: string, status: number, cpuMs: number, failure: string | null }> = JSON.parse(hostile.stdout.join('\n'))
  t.ok(results.length > 30)
  t.same([...new Set(results.map(({ caller }) => caller))], ['anonymous', 'a key', 'a user'])
  t.ok(results.every(({ caller, status }) => caller !== 'anonymous' || status === 401 || status === 0), 'requests without credentials are refused')
  t.ok(results.every(({ cpuMs, failure }) => cpuMs > 0 && failure === null))
})

t.test('fails when a request costs more than allowed', async (t) => {
  const hostile = run('--short', '--max-memory-mib', '1', '--only', 'POST /v1/notifications/batch')
  t.match(await hostile.exited, { code: 1 })
  t.match(hostile.stdout.join('\n'), /FAILED:[^]*takes more than 1 MiB[^]*requests, [1-9]\d* failed/)
})

t.test('prints its help, and refuses invalid limits', async (t) => {
  const help = run('--help')
  t.match(await help.exited, { code: 0 })
  t.match(help.stdout.join('\n'), /--max-cpu-ms <count>/)
  t.match(await run('--max-cpu-ms', 'none').exited, { code: 2 })
})
