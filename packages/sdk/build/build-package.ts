import { build } from 'esbuild'
import { execa } from 'execa'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const root = dirname(import.meta.dirname)

/** Writes the exported scripts. Pages load the one for browsers without a bundler, so it contains what it imports. */
export async function buildScripts (outdir: string): Promise<void> {
  const shared = { outdir, bundle: true, format: 'esm', target: 'es2022', logLevel: 'warning' } as const
  await build({ ...shared, entryPoints: { index: join(root, 'src/index.ts') }, platform: 'neutral', packages: 'external' })
  await build({ ...shared, entryPoints: { browser: join(root, 'src/browser/index.ts') }, platform: 'browser' })
}

/** Writes the declarations of the exported functions. */
export async function buildTypes (outdir: string): Promise<void> {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  await execa(process.execPath, [tsc, '-p', join(root, 'src'), '--noEmit', 'false', '--incremental', 'false', '--tsBuildInfoFile', 'null',
    '--declaration', '--emitDeclarationOnly', '--outDir', outdir], { cwd: root })
  for (const name of await readdir(outdir, { recursive: true })) {
    if (name.endsWith('.d.ts')) await renameImports(join(outdir, name))
  }
}

/** TypeScript keeps the endings of imports in declarations. */
async function renameImports (file: string): Promise<void> {
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace(/(\bfrom '\.[^']+|\bimport\("\.[^"]+)\.ts(?=['"])/g, '$1.js'))
}
