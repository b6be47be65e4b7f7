import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const drizzleKit = join(dirname(createRequire(import.meta.url).resolve('drizzle-kit')), 'bin.cjs')

t.test('the migrations make exactly the schema: `npx drizzle-kit generate` has nothing to do', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-migrations-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const migrations = join(folder, 'migrations')
  await cp(join(root, 'packages/shared/migrations'), migrations, { recursive: true })
  const before = await readdir(migrations, { recursive: true })
  const { stdout } = await promisify(execFile)(process.execPath, [
    // The config of the root, but for where it writes; drizzle-kit wants that to be a relative path.
    drizzleKit, 'generate', '--dialect', 'postgresql', '--casing', 'snake_case',
    '--schema', './packages/shared/src/db/schema/index.ts', '--out', relative(root, migrations)
  ], { cwd: root })
  t.match(stdout, 'No schema changes')
  t.same(await readdir(migrations, { recursive: true }), before)
})
