import { build } from 'esbuild'
import type { Metafile } from 'esbuild'
import { execa } from 'execa'
import { basename, dirname, join } from 'node:path'

/** The files that differ from `since`, committed or not. Defaults to where this branch left main. */
export async function listChangedFiles (root: string, since?: string): Promise<string[]> {
  const git = async (...args: string[]) => (await execa('git', args, { cwd: root })).stdout.split('\0').filter(Boolean)
  const base = since ?? await findBase(root)
  const changed = await git('diff', '--name-only', '-z', '--diff-filter=d', base, '--')
  const added = await git('ls-files', '-z', '--others', '--exclude-standard')
  return [...new Set([...changed, ...added])]
}

async function findBase (root: string): Promise<string> {
  for (const branch of ['origin/main', 'main']) {
    const { exitCode, stdout } = await execa('git', ['merge-base', 'HEAD', branch], { cwd: root, reject: false })
    if (exitCode === 0) return stdout
  }
  return 'HEAD'
}

/** Maps each test file or file of a test folder to the repository's files that it imports. */
export type ImportGraph = Map<string, string[]>

/**
 * Selects the test files that a change may break. Those are changed ones, those that import a changed file (directly or through
 * files in test folders), and those that mirror a changed source. A source without any of these selects the tests of its
 * folder.
 */
export function selectByChanges (testFiles: string[], changed: string[], graph: ImportGraph): string[] {
  const changes = new Set(changed)
  const chosen = new Set(testFiles.filter((file) => changes.has(file)))
  const found = new Set<string>()
  for (const file of testFiles) {
    for (const source of listReachable(file, graph)) {
      if (!changes.has(source)) continue
      chosen.add(file)
      found.add(source)
    }
  }
  for (const source of changed.filter((file) => /^(apps|packages)\/[^/]+\/src\/.*\.ts$/.test(file))) {
    const mirror = source.replace('/src/', '/test/').replace(/\.ts$/, '.test.ts')
    if (testFiles.includes(mirror)) chosen.add(mirror)
    else if (!found.has(source)) testFiles.filter((file) => dirname(file) === dirname(mirror)).forEach((file) => chosen.add(file))
  }
  return testFiles.filter((file) => chosen.has(file))
}

/** The files that a test imports. The imports of a source are excluded, because they have their own tests. */
function listReachable (file: string, graph: ImportGraph, seen = new Set<string>()): Set<string> {
  for (const imported of graph.get(file) ?? []) {
    if (seen.has(imported)) continue
    seen.add(imported)
    if (imported.includes('/test/') || basename(imported) === 'index.ts') listReachable(imported, graph, seen)
  }
  return seen
}

/** Reads the imports of these files with esbuild, without writing output. */
export async function readImports (root: string, files: string[]): Promise<ImportGraph> {
  const { metafile } = await build({
    entryPoints: files.map((file) => join(root, file)),
    absWorkingDir: root,
    outdir: join(root, '.tap', 'imports'),
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
    plugins: [{
      name: 'own-files-only',
      setup: ({ onResolve }) => onResolve({ filter: /^[^./]/ }, ({ path }) => path.startsWith('@carillon/') ? undefined : { path, external: true })
    }]
  })
  return toGraph(metafile.inputs)
}

function toGraph (inputs: Metafile['inputs']): ImportGraph {
  return new Map(Object.entries(inputs).map(([file, { imports }]) =>
    [file, imports.filter(({ external }) => external !== true).map(({ path }) => path)]))
}
