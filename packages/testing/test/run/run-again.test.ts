import t from 'tap'
import type { FileResult } from '../../src/run/file-report.ts'
import { runAgain } from '../../src/run/run-again.ts'

const result = (file: string, ok: boolean): FileResult => ({
  file, ok, seconds: 1, cpuSeconds: 1, passed: Number(ok), failed: Number(!ok), skipped: 0, skips: [], failures: [], comments: []
})

t.test('runs only files that failed again, and names those that pass then', async (t) => {
  const asked: string[][] = []
  const { results, unstable } = await runAgain([result('one', true), result('two', false), result('three', false)], async (files) => {
    asked.push(files)
    return [result('two', true), result('three', false)]
  })
  t.same(asked, [['two', 'three']])
  t.same(results.map(({ file, ok }) => [file, ok]), [['one', true], ['two', true], ['three', false]])
  t.same(unstable, ['two'])
})

t.test('keeps the failure of a file that an interrupt kept from running again', async (t) => {
  const { results, unstable } = await runAgain([result('one', false)], async () => [])
  t.match(results, [{ ok: false }])
  t.same(unstable, [])
})

t.test('runs nothing again when all files passed, or when many failed', async (t) => {
  const refuse = async () => { throw new Error('ran again') }
  for (const before of [[result('one', true)], Array.from({ length: 9 }, (_, index) => result(String(index), false))]) {
    t.same(await runAgain(before, refuse), { results: before, unstable: [] })
  }
})
