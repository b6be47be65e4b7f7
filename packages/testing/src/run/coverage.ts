import { execa } from 'execa'
import { rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const c8 = createRequire(import.meta.url).resolve('c8/bin/c8.js')

/** Prints the coverage of the sources by file, and writes coverage/index.html. */
export async function reportCoverage (root: string, folder: string): Promise<void> {
  await execa(process.execPath, [
    c8, 'report', '--temp-directory', folder, '--reports-dir', join(root, 'coverage'), '--reporter', 'text', '--reporter', 'html',
    '--include', 'apps/*/src/**/*.ts', '--include', 'packages/*/src/**/*.ts', '--exclude', 'packages/testing/**', '--exclude-after-remap'
  ], { cwd: root, stdio: 'inherit' })
  await rm(folder, { recursive: true, force: true })
}
