import { until } from '@carillon/testing'
import t from 'tap'
import { complaintsIn, descendantsOf, leftBehind } from './leftovers.ts'
import { spawnBench } from './spawn-bench.ts'

// Each test has its own database and processes and mostly waits, so they run at the same time.
t.jobs = 2

t.test('measures real processes and prints only JSON on stdout', async (t) => {
  const bench = spawnBench(t, ['--quick', '--json', '--rounds', '1', '--only', 'latency-p50'])
  t.match(await bench.exited, { code: 0 })
  const report = JSON.parse(bench.stdout.join('\n'))
  t.match(report, {
    machine: { cpu: String, cores: Number, node: process.version, postgres: /^\d+/ },
    figures: [{ id: 'latency-p50', median: Number, low: Number, high: Number, target: '≤ 10 ms', ok: Boolean }],
    skipped: []
  })
  t.ok(Object.hasOwn(report, 'commit'))
  t.match(bench.stderr.join('\n'), /round 1\/1 {2}latency of a direct send, idle: p50 [\d.]+ ms/)
})

t.test('lists what it can measure, and refuses anything else', async (t) => {
  const help = spawnBench(t, ['--help'])
  t.match(await help.exited, { code: 0 })
  t.match(help.stdout.join('\n'), /direct-during-broadcast +≤ 250 ms/)
  for (const [args, words] of [[['--only', 'speed'], /no figure "speed"/], [['--rounds', '0'], /from 1 to 99/], [['--fast'], /unknown option/]] as const) {
    const bench = spawnBench(t, args)
    t.match(await bench.exited, { code: 2 })
    t.match(bench.stderr.join('\n'), words)
  }
})

for (const moment of ['starting PostgreSQL', 'connecting', 'round 1/9']) {
  t.test(`leaves nothing behind when it is stopped at ${moment}`, async (t) => {
    const bench = spawnBench(t, ['--quick', '--rounds', '9', '--only', 'latency-p50'], { detached: true })
    await until(() => bench.output().includes(moment), { what: moment })
    const processes = await descendantsOf(bench.pid)
    // Signals the whole process group, as Ctrl-C in a terminal does.
    process.kill(-bench.pid, 'SIGINT')
    t.match(await bench.exited, { code: 130 })
    t.same(complaintsIn(bench.output()), [], 'it prints none of the resulting errors')
    t.same(await leftBehind(bench.pid, processes), [])
  })
}
