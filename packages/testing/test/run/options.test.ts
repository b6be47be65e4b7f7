import t from 'tap'
import { help, readOptions } from '../../src/run/options.ts'

t.test('accepts words beside options', async (t) => {
  t.match(readOptions(['vault', '--bail', 'apps/api', '--jobs', '2', '--timeout', '10'], 4), {
    words: ['vault', 'apps/api'], bail: true, jobs: 2, timeoutMs: 10_000, changed: false, keep: false
  })
})

t.test('runs one file more at a time than there are cores', async (t) => {
  t.equal(readOptions([], 4).jobs, 5)
  t.equal(readOptions([], 1).jobs, 3)
})

t.test('treats --since as --changed too', async (t) => {
  t.match(readOptions(['--since', 'HEAD~2'], 2), { changed: true, since: 'HEAD~2' })
})

t.test('accepts several words to exclude', async (t) => {
  t.same(readOptions(['--except', 'browser', '--except', 'bench'], 2).except, ['browser', 'bench'])
})

t.test('reports an unknown option', async (t) => {
  t.throws(() => readOptions(['--fast'], 2), /--fast/)
  for (const value of ['0', '-1', '1.5', 'many']) t.throws(() => readOptions([`--jobs=${value}`], 2), new RegExp(`--jobs: got "${value}"`))
})

t.test('lists every option in its help', async (t) => {
  for (const name of Object.keys(readOptions([], 2)).filter((name) => name !== 'words')) {
    t.match(help, new RegExp(`--${name === 'timeoutMs' ? 'timeout' : name}\\b`))
  }
})
