import { fileURLToPath } from 'node:url'
import t from 'tap'
import { describeResult } from '../../src/run/file-report.ts'
import type { FileResult } from '../../src/run/file-report.ts'
import { runFiles } from '../../src/run/run-files.ts'
import type { RunFilesOptions } from '../../src/run/run-files.ts'

const folder = fileURLToPath(new URL('fixtures', import.meta.url))

async function run (names: string[], options: Partial<RunFilesOptions> = {}): Promise<FileResult[]> {
  const results: FileResult[] = []
  const commands = names.map((file) =>
    ({ file, command: process.execPath, args: ['--import', import.meta.resolve('tsx'), `${folder}/${file}.ts`] }))
  await runFiles(commands, {
    cwd: folder,
    env: {},
    jobs: 1,
    timeoutMs: 60_000,
    bail: false,
    signal: new AbortController().signal,
    onResult: (result) => results.push(result),
    ...options
  })
  return results
}

t.test('counts passed, failed and skipped tests, with the reasons', async (t) => {
  const [passes, fails] = await run(['passes', 'fails'])
  t.match(passes, { file: 'passes', ok: true, passed: 1, failed: 0, skipped: 1, skips: [/and not this: no reason/] })
  t.match(fails, { ok: false, passed: 0, failed: 1, failures: [/✖ counts > wrongly[^]*fails\.ts/], comments: [/wanted to say/] })
  t.match(fails && describeResult(fails).join('\n'), /^FAIL fails \(0 passed, 1 failed, 0 skipped, [\d.]+ s, CPU [\d.]+ s\)\n {5}✖ counts > wrongly/)
})

t.test('fails for a file that does not run', async (t) => {
  t.match(await run(['missing']), [{ ok: false, failed: 1, failures: [/the file ended with code 1/] }])
})

t.test('fails for a file that hangs after its timeout, and reports what it was doing', async (t) => {
  t.match(await run(['hangs'], { timeoutMs: 3_000 }), [{ ok: false, failures: [/waits[^]*timeout/i] }])
})

t.test('waits as long as a file says that it may take', async (t) => {
  t.match(await run(['takes-long'], { timeoutMs: 5_000, graceMs: 5_000 }), [{ ok: true, passed: 1 }])
})

t.test('measures the CPU time of a file and of the processes that it starts', async (t) => {
  const [result] = await run(['starts-busy-process'])
  t.match(result, { ok: true, passed: 1 })
  // Its process is busy for a second of its own CPU time.
  t.ok(result !== undefined && (result.cpuSeconds > 1 || process.platform !== 'linux'), `${result?.cpuSeconds} s`)
})

t.test('starts no file after the first failure with --bail', async (t) => {
  t.match((await run(['fails', 'passes'], { bail: true })).map(({ file }) => file), ['fails'])
})

t.test('stops when it is interrupted, without failures', async (t) => {
  const interrupted = new AbortController()
  const running = run(['hangs', 'passes'], { signal: interrupted.signal })
  interrupted.abort()
  t.same(await running, [])
})
