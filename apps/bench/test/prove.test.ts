import { backends, until } from '@carillon/testing'
import t from 'tap'
import type { BenchContext } from '../src/environment/bench-context.ts'
import type { Proof } from '../src/proofs/proof.ts'
import { createRandom } from '../src/proofs/random.ts'
import { runProofs } from '../src/proofs/run-proofs.ts'
import { showProofs } from '../src/proofs/show-proofs.ts'
import { complaintsIn, descendantsOf, leftBehind } from './leftovers.ts'
import { spawnBench } from './spawn-bench.ts'

// Each test has its own database and processes and mostly waits, so they run at the same time.
t.jobs = 2

const options = { people: 1_000, backend: 'postgres' as const, seed: 7, outageSeconds: 2, leaseSeconds: 2, latencyMs: 150, channels: [] }

t.test('proves with real processes that no recipient is lost in any case', async (t) => {
  const sizes = ['--people', '1000', '--outage-seconds', '3', '--lease-seconds', '2', '--seed', '7', '--latency', '20']
  const prove = spawnBench(t, ['prove', ...sizes, '--json'])
  t.match(await prove.exited, { code: 0 }, prove.stderr.join('\n'))
  const { options, proofs } = JSON.parse(prove.stdout.join('\n'))
  t.match(options, { people: 1_000, seed: 7, outageSeconds: 3, leaseSeconds: 2, latencyMs: 20 })
  t.match(proofs, [
    { name: 'everyone', ok: true, failure: null, facts: { sent: 1_000, repeated: 0 } },
    { name: 'killed', ok: true, failure: null, facts: { sent: 1_000, seed: 7 } },
    { name: 'outage', ok: true, failure: null, facts: { sent: 1_000, repeated: 0 } },
    { name: 'controlled', ok: true, failure: null, facts: { sent: Number, canceled: Number, repeated: 0 } }
  ])
  t.match(prove.stderr.join('\n'), /killed: seed 7, at pushes \d+, \d+, \d+/)
})

t.test('proves that a broadcast to several providers with limits loses nothing when workers die', async (t) => {
  // The proof above has its jobs in PostgreSQL.
  const kind = (await backends()).find(({ kind, skip }) => kind === 'redis' && !skip)?.kind ?? 'postgres'
  const sizes = ['--people', '100', '--lease-seconds', '5', '--seed', '7', '--backend', kind]
  const prove = spawnBench(t, ['prove', '--providers', 'email,slack,webpush', ...sizes, '--json'])
  t.match(await prove.exited, { code: 0 }, prove.stderr.join('\n'))
  const { options, proofs } = JSON.parse(prove.stdout.join('\n'))
  t.match(options, { people: 100, providers: ['email', 'slack', 'webpush'] })
  const refused = { 'email refused': / for [1-9]/, 'slack refused': / for [1-9]/, 'webpush refused': / for [1-9]/ }
  t.match(proofs, [{ name: 'several', ok: true, failure: null, facts: { sent: 300, ...refused } }])
})

t.test('lists what it can prove, and refuses anything else', async (t) => {
  const help = spawnBench(t, ['prove', '--help'])
  t.match(await help.exited, { code: 0 })
  t.match(help.stdout.join('\n'), /--people <count> [^]*100000[^]*controlled +paused, resumed and canceled/)
  for (const [args, words] of [
    [['--only', 'luck'], /no proof "luck"/], [['--people', '12'], /from 100 to/], [['--backend', 'files'], /redis, postgres/],
    [['--latency', 'long'], /from 0 to/],
    [['--providers', 'pigeon'], /some of email, slack/], [['--providers', 'email', '--only', 'killed'], /exclude each other/]
  ] as const) {
    const prove = spawnBench(t, ['prove', ...args])
    t.match(await prove.exited, { code: 2 })
    t.match(prove.stderr.join('\n'), words)
  }
})

t.test('leaves nothing behind when it is stopped during a broadcast', async (t) => {
  const prove = spawnBench(t, ['prove', '--people', '1000', '--only', 'killed,controlled', '--seed', '7'])
  await until(() => prove.output().includes('killed: the worker'), { what: 'the first kill' })
  const processes = await descendantsOf(prove.pid)
  t.match(await prove.stop('SIGINT'), { code: 130 })
  t.same(complaintsIn(prove.output()), [], 'it prints none of the resulting errors')
  t.same(await leftBehind(prove.pid, processes), [])
})

t.test('reports the result of a failed proof, and runs the others', async (t) => {
  const fails: Proof = { name: 'killed', about: 'it fails', run: async () => { throw new Error('deliveries: {"sent":9} where {"sent":10} were due') } }
  const holds: Proof = { name: 'everyone', about: 'it holds', run: async () => ({ sent: 10, seconds: 1.25, 'per second': 8 }) }
  const said: string[] = []
  const proofs = await runProofs({} as BenchContext, [fails, holds], options, (line) => said.push(line))
  t.match(proofs, [
    { name: 'killed', ok: false, failure: /"sent":9/ }, { name: 'everyone', ok: true, failure: null, facts: { sent: 10 } }
  ])
  t.match(said, ['killed: it fails', /killed: deliveries/, 'everyone: it holds', 'everyone: holds'])
  const machine = { cpu: 'a CPU', cores: 2, memoryGiB: 4, system: 'linux', node: 'v20', postgres: '18', redis: null }
  const text = showProofs({ commit: 'abc', machine, options, proofs })
  t.match(text, '1,000 people, jobs in PostgreSQL, seed 7, Pushbullet at 150 ms')
  t.match(text, /killed +FAILS +– .*\{"sent":9\} where/)
  t.match(text, /everyone +holds +10 +– +– +1\.3 +per second: 8/)
})

t.test('selects the same times for the same seed', async (t) => {
  const three = (seed: number): number[] => Array.from({ length: 3 }, createRandom(seed))
  t.same(three(7), three(7))
  t.notSame(three(7), three(8))
  const many = Array.from({ length: 10_000 }, createRandom(1))
  t.ok(many.every((value) => value >= 0 && value < 1))
  for (const share of [0.1, 0.5, 0.9]) t.ok(Math.abs(many.filter((value) => value < share).length / 10_000 - share) < 0.02)
})
