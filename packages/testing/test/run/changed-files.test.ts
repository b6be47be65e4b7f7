import { execa } from 'execa'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { listChangedFiles, readImports, selectByChanges } from '../../src/run/changed-files.ts'

const tests = ['apps/api/test/keys.test.ts', 'apps/api/test/main.test.ts', 'apps/api/test/v1/lists.test.ts']
const graph = new Map([
  [tests[0] ?? '', ['apps/api/src/keys.ts']],
  [tests[1] ?? '', ['apps/api/test/fixtures/open.ts', 'packages/shared/src/db/index.ts']],
  ['apps/api/test/fixtures/open.ts', ['apps/api/src/app.ts']],
  ['apps/api/src/app.ts', ['apps/api/src/deep.ts']],
  ['packages/shared/src/db/index.ts', ['packages/shared/src/db/open-database.ts']]
])
const select = (...changed: string[]) => selectByChanges(tests, changed, graph)

t.test('selects a changed test, and the tests that import a changed source', async (t) => {
  t.same(select(tests[2] ?? ''), [tests[2]])
  t.same(select('apps/api/src/keys.ts'), [tests[0]])
  t.same(select('apps/api/test/fixtures/open.ts'), [tests[1]], 'a file in a test folder')
  t.same(select('apps/api/src/app.ts'), [tests[1]], 'through a file in a test folder')
  t.same(select('packages/shared/src/db/open-database.ts'), [tests[1]], "through a package's index")
})

t.test('selects the test at the same path, or else those of its folder', async (t) => {
  t.same(select('apps/api/src/main.ts'), [tests[1]])
  t.same(select('apps/api/src/deep.ts'), [tests[0], tests[1]])
  t.same(select('apps/api/src/v1/pages.ts'), [tests[2]])
  t.same(select('README.md', 'apps/worker/src/main.ts'), [])
})

t.test('reads the imports of tests from the sources', async (t) => {
  const root = fileURLToPath(new URL('../../../..', import.meta.url))
  const imports = await readImports(root, ['packages/testing/test/run/changed-files.test.ts'])
  t.same(imports.get('packages/testing/test/run/changed-files.test.ts'), ['packages/testing/src/run/changed-files.ts'])
})

t.test('lists files that differ from a commit, committed or not, except ignored ones', async (t) => {
  const root = t.testdir({})
  const git = (...args: string[]) => execa('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.org', ...args], { cwd: root })
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  await git('init', '--initial-branch', 'main')
  await Promise.all([write('kept.ts', '1'), write('gone.ts', '1'), write('changed.ts', '1'), write('.gitignore', 'ignored\n')])
  await git('add', '.')
  await git('commit', '-m', 'first')
  await git('checkout', '-b', 'branch')
  await write('src/committed.ts', '1')
  await git('add', '.')
  await git('commit', '-m', 'second')
  await Promise.all([write('changed.ts', '2'), write('src/new.ts', '1'), write('ignored', '1')])
  await git('rm', 'gone.ts')
  t.same((await listChangedFiles(root)).sort(), ['changed.ts', 'src/committed.ts', 'src/new.ts'])
  t.same((await listChangedFiles(root, 'HEAD')).sort(), ['changed.ts', 'src/new.ts'])
})
