import { fileURLToPath } from 'node:url'
import t from 'tap'
import { listTestFiles, selectFiles } from '../../src/run/select-files.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const files = ['apps/api/test/auth/keys.test.ts', 'apps/api/test/main.test.ts', 'packages/shared/test/vault/keys.test.ts']
const at = { root: '/repo', cwd: '/repo/apps/api' }

t.test('lists the test files of all workspaces, relative to the root', async (t) => {
  const found = await listTestFiles(root)
  t.ok(found.includes('packages/testing/test/run/select-files.test.ts'))
  t.ok(found.some((file) => file.startsWith('apps/api/test/')))
  t.ok(found.every((file) => /^(apps|packages)\/\w+\/test\/.*\.test\.ts$/.test(file)))
})

t.test('selects the files whose path contains one of the words', async (t) => {
  t.same(selectFiles(files, ['keys'], at), [files[0], files[2]])
  t.same(selectFiles(files, ['vault', 'main'], at), [files[1], files[2]])
  t.same(selectFiles(files, [], at), files)
})

t.test('accepts a path from the root, from the current folder, and as a shell completes it', async (t) => {
  for (const path of ['apps/api/test/main.test.ts', './test/main.test.ts', '/repo/apps/api/test/main.test.ts']) {
    t.same(selectFiles(files, [path], at), [files[1]], path)
  }
  t.same(selectFiles(files, ['./test/auth/'], at), [files[0]])
})

t.test('reports each word without a match', async (t) => {
  t.throws(() => selectFiles(files, ['keys', 'nowhere', 'nothing'], at), /contains "nowhere"\.\n.*contains "nothing"\. Test files end in \.test\.ts/)
})
