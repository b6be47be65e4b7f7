import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { bundleFiles, bundleOf } from '../../src/run/bundle-files.ts'
import type { FileResult } from '../../src/run/file-report.ts'
import { runFiles } from '../../src/run/run-files.ts'
import { createSourcePositions } from '../../src/run/source-positions.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const file = 'packages/testing/test/run/fixtures/fails.ts'

t.test('the failure of a bundled test names the source, and shows its lines', async (t) => {
  const { folder, close } = await bundleFiles(root, [file])
  t.teardown(close)
  const results: FileResult[] = []
  await runFiles([{ file, command: process.execPath, args: [bundleOf(folder, file)] }], {
    cwd: root,
    env: {},
    jobs: 1,
    timeoutMs: 60_000,
    bail: false,
    signal: new AbortController().signal,
    onResult: (result) => results.push(result)
  })
  const [failure = ''] = results[0]?.failures ?? []
  t.match(failure, `fileName: ${file}\n  lineNumber: 4\n  columnNumber: 5\n`)
  t.match(failure, `(${file}:4:5)`)
  t.match(failure, /t\.equal\(1 \+ 1, 3, 'wrongly'\)\n *-{4}\^/)
  t.notMatch(failure, '.tap/bundles')
})

t.test('leaves what it does not find', async (t) => {
  const positions = createSourcePositions(root)
  const text = `Error: at ${join(root, '.tap/bundles/0/none.js')}:1:2 and other.js:3:4`
  t.equal(positions.inText(text), text)
  t.same(positions.inDetails({ found: 1 }), { found: 1 })
})
