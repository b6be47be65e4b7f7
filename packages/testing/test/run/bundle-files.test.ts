import { execa } from 'execa'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'
import { bundleFiles, bundleOf } from '../../src/run/bundle-files.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))

t.test('bundles test files and the apps that they start', async (t) => {
  const { folder, close } = await bundleFiles(root, ['packages/testing/test/compose.test.ts', 'packages/http/test/formats/user-hosts.test.ts'])
  t.teardown(close)
  const test = await execa(process.execPath, [bundleOf(folder, 'packages/http/test/formats/user-hosts.test.ts')], { cwd: root })
  t.match(test.stdout, /^TAP version 14[^]*# \{ total: [1-9]\d*, pass: [1-9]/)
  const worker = await execa(process.execPath, [bundleOf(folder, 'apps/worker/src/main.ts')], { reject: false, extendEnv: false, env: {} })
  t.match(worker, { exitCode: 1, stderr: /DATABASE_URL is missing/ })
  await close()
  await t.rejects(access(folder), { code: 'ENOENT' })
})

t.test('a bundled source keeps its path', async (t) => {
  const source = 'packages/testing/test/run/fixtures/prints-location.ts'
  const { folder, close } = await bundleFiles(root, [source])
  t.teardown(close)
  const { stdout } = await execa(process.execPath, [bundleOf(folder, source)])
  t.equal(stdout, pathToFileURL(join(root, source)).href)
})

t.test('bundles no app for tests that start none', async (t) => {
  const { folder, close } = await bundleFiles(root, ['packages/http/test/formats/user-hosts.test.ts'])
  t.teardown(close)
  await t.rejects(access(bundleOf(folder, 'apps/worker/src/main.ts')), { code: 'ENOENT' })
})
