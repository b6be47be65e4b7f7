import { fileURLToPath } from 'node:url'
import { spawnNode } from '@carillon/testing'
import t from 'tap'

const main = fileURLToPath(new URL('../../src/run/main.ts', import.meta.url))
const run = (...args: string[]) => spawnNode(t, main, { args })

t.test('shows its options', async (t) => {
  const help = run('--help')
  t.match(await help.exited, { code: 0 })
  t.match(help.stdout.join('\n'), /^npm test -- \[path or word …\]/)
})

t.test('runs the files that a word selects, starts only servers that they need, and prints the times of each', async (t) => {
  const words = run('local/test/free-port', 'local/test/lock')
  t.match(await words.exited, { code: 0 }, words.output())
  t.match(words.output(), /ok {3}packages\/local\/test\/lock\.test\.ts \(\d+ passed, 0 failed, 0 skipped, [\d.]+ s, CPU [\d.]+ s\)/)
  t.match(words.output(), /The most CPU time of 2 files:\n +[\d.]+ s {2}packages\/local/)
  t.match(words.stdout.at(-1), /^\d+ passed, 0 failed, 0 skipped$/)
})

t.test('reports a word without a match, and runs nothing', async (t) => {
  const none = run('free-port', 'no-such-test')
  t.match(await none.exited, { code: 1 })
  t.match(none.stderr.join('\n'), /No test file's path contains "no-such-test"/)
  t.same(none.stdout, [])
})
