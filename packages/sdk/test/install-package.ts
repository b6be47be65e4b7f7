import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { buildScripts } from '../build/build-package.ts'

const root = join(import.meta.dirname, '..')
const modules = join(root, '../../node_modules')

export interface Installed {
  /** A project that has installed the package. */
  folder: string
  /** The folder of the package in it. */
  packageFolder: string
}

/** Builds the package into an empty project, with links to what it and the examples depend on. */
export async function installPackage (t: Test): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-sdk-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const packageFolder = join(folder, 'node_modules/@carillon/sdk')
  await mkdir(packageFolder, { recursive: true })
  for (const name of ['package.json', 'README.md']) await cp(join(root, name), join(packageFolder, name))
  for (const name of ['openapi-fetch', 'openapi-typescript-helpers', 'eventsource-parser', 'fastify', '@types/node', 'undici-types']) {
    await mkdir(dirname(join(folder, 'node_modules', name)), { recursive: true })
    await symlink(join(modules, name), join(folder, 'node_modules', name))
  }
  await buildScripts(join(packageFolder, 'dist'))
  return { folder, packageFolder }
}
