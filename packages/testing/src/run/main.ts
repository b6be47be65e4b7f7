import { findRedisServer } from '@carillon/local'
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { redisMissing } from '../stores/redis-missing.ts'
import { bundleFiles, bundleOf } from './bundle-files.ts'
import { listChangedFiles, readImports, selectByChanges } from './changed-files.ts'
import { reportCoverage } from './coverage.ts'
import { describeResult, summary } from './file-report.ts'
import type { FileResult } from './file-report.ts'
import { help, readOptions } from './options.ts'
import type { RunOptions } from './options.ts'
import { orderFiles, rememberTimes } from './order-files.ts'
import { runAgain } from './run-again.ts'
import { runFiles } from './run-files.ts'
import type { TestCommand } from './run-files.ts'
import { listTestFiles, selectFiles } from './select-files.ts'
import { serveOnDemand } from './serve-on-demand.ts'
import type { ServersOnDemand } from './serve-on-demand.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const maxSlow = 15
type Column = [name: string, of: (result: FileResult) => number]
const columns: Column[] = [
  ['time', ({ seconds }) => seconds], ['CPU time', ({ cpuSeconds }) => cpuSeconds]
]
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort())

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function main (args: string[]): Promise<number> {
  const options = readOptions(args, availableParallelism())
  if (options.help) {
    console.log(help)
    return 0
  }
  const files = await chooseFiles(options)
  if (files.length === 0) {
    console.log('Nothing changed that a test file imports or mirrors.')
    return 0
  }
  if (options.inspect && files.length > 1) throw new Error(`--inspect takes one file; this selects ${files.length}: ${files.slice(0, 5).join(', ')} …`)
  const redis = process.env['REDIS_URL'] || await findRedisServer()
  if (!redis && process.env['CARILLON_REQUIRE_REDIS'] === '1') throw new Error(`CARILLON_REQUIRE_REDIS is set, but there is ${redisMissing}`)
  if (!redis) console.log(`Tests on Redis are skipped: ${redisMissing}`)
  await buildTap()
  const servers = await serveOnDemand(openTestServers)
  try {
    const code = await runAll(options, await orderFiles(root, files), servers)
    if (options.keep && code !== 0 && servers.started() !== undefined) await waitForInterrupt()
    return interrupted.signal.aborted ? 130 : code
  } finally {
    await servers.close()
  }
}

async function chooseFiles ({ words, except, changed, since }: RunOptions): Promise<string[]> {
  const selected = selectFiles(await listTestFiles(root), words, { root, cwd: process.cwd() })
  const files = selected.filter((file) => !except.some((word) => file.includes(word)))
  if (!changed) return files
  return selectByChanges(files, await listChangedFiles(root, since), await readImports(root, files))
}

async function runAll (options: RunOptions, files: string[], servers: ServersOnDemand): Promise<number> {
  const startedAt = performance.now()
  const direct = options.direct || options.coverage || options.inspect || (runsNatively() && !options.bundle)
  const bundles = direct ? undefined : await bundleFiles(root, files)
  const coverage = options.coverage ? join(root, '.tap', `coverage-${process.pid}`) : undefined
  let results: FileResult[] = []
  let unstable: string[] = []
  try {
    results = await runThese(files, options.jobs)
    if (options.again) {
      ({ results, unstable } = await runAgain(results, async (failed) => {
        console.log('\nRunning the files that failed again, one at a time:')
        return await runThese(failed, 1)
      }))
    }
  } finally {
    await bundles?.close()
  }
  await rememberTimes(root, results)
  if (coverage) await reportCoverage(root, coverage)
  showTotals(results, (performance.now() - startedAt) / 1000)
  for (const file of unstable) console.log(`UNSTABLE ${file}: failed beside others, passed alone`)
  return results.length > 0 && results.every(({ ok }) => ok) ? 0 : 1

  async function runThese (these: string[], jobs: number): Promise<FileResult[]> {
    const ended: FileResult[] = []
    await runFiles(these.map((file) => toCommand(file, options, bundles?.folder)), {
      ...options,
      jobs,
      cwd: root,
      timeoutMs: options.inspect ? 24 * 3_600_000 : options.timeoutMs,
      signal: interrupted.signal,
      env: {
        TEST_SERVERS: servers.socketPath,
        ...(bundles ? { TEST_BUNDLES: bundles.folder } : {}),
        ...(options.keep ? { TEST_KEEP: '1' } : {}),
        ...(options.only ? { TAP_ONLY: '1' } : {}),
        ...(coverage ? { NODE_V8_COVERAGE: coverage } : {}),
        // The compile cache saves half of the time that Node 22 and later need to load the sources or bundles.
        NODE_COMPILE_CACHE: join(bundles?.folder ?? join(root, '.tap'), 'compiled')
      },
      onResult: (result) => {
        ended.push(result)
        describeResult(result).forEach((line) => console.log(line))
      }
    })
    return ended
  }
}

/** Node runs bundles itself. Sources run like this process, through tsx or natively. */
function toCommand (file: string, { inspect }: RunOptions, bundles: string | undefined): TestCommand {
  const loader = runsNatively() ? [] : ['--import', import.meta.resolve('tsx')]
  const args = bundles === undefined ? [...loader, join(root, file)] : [bundleOf(bundles, file)]
  return { file, command: process.execPath, args: [...(inspect ? ['--inspect-wait'] : []), ...args] }
}

function showTotals (results: FileResult[], seconds: number): void {
  if (results.length > 1) {
    console.log('')
    for (const [name, of] of columns) {
      console.log(`The most ${name} of ${results.length} files:`)
      for (const result of results.toSorted((one, other) => of(other) - of(one)).slice(0, maxSlow)) {
        console.log(`${of(result).toFixed(1).padStart(7)} s  ${result.file}`)
      }
    }
  }
  const sum = (of: Column[1]) => results.reduce((total, result) => total + of(result), 0)
  console.log(`\n${Math.round(seconds)} s in all, CPU ${Math.round(sum(({ cpuSeconds }) => cpuSeconds))} s without servers`)
  console.log(summary({ passed: sum((one) => one.passed), failed: sum((one) => one.failed), skipped: sum((one) => one.skipped) }))
}

/** Imported only when a test requests the servers, because loading the schema's modules takes longer than many tests. */
async function openTestServers () {
  const { openServers } = await import('../stores/servers.ts')
  return openServers({
    databaseUrl: process.env['TEST_DATABASE_URL'],
    postgresFrom: process.env['TEST_POSTGRES_FROM'],
    redisUrl: process.env['REDIS_URL'],
    requireRedis: process.env['CARILLON_REQUIRE_REDIS'] === '1'
  })
}

async function waitForInterrupt (): Promise<void> {
  console.log('\nPostgreSQL keeps running with the databases of the failed tests, at the URLs above. Ctrl-C ends it.')
  // A signal listener alone does not keep a process running.
  const timer = setInterval(() => {}, 60_000)
  await new Promise<void>((resolve) => {
    if (interrupted.signal.aborted) resolve()
    interrupted.signal.addEventListener('abort', () => resolve())
  })
  clearInterval(timer)
}

/** If this Node supports TypeScript and runs without tsx, the tests run without it too. */
function runsNatively (): boolean {
  return 'typescript' in process.features && Boolean(process.features.typescript) && !process.execArgv.some((arg) => arg.includes('tsx'))
}

/** Compiles tap with the plugins in .taprc. Reads the compiled file as text, because an import would start a test. */
async function buildTap (): Promise<void> {
  await mkdir(join(root, '.tap'), { recursive: true })
  const settings = await readFile(join(root, '.taprc'), 'utf8')
  const built = await readFile(fileURLToPath(import.meta.resolve('@tapjs/test/built')), 'utf8')
  const excluded = [...settings.matchAll(/"!(@tapjs\/[\w-]+)"/g)].map(([, plugin = '']) => plugin)
  if (!excluded.some((plugin) => built.includes(`"${plugin}"`))) return
  const tap = join(dirname(createRequire(import.meta.url).resolve('tap/package.json')), 'dist/esm/run.mjs')
  await execa(process.execPath, [tap, 'build'], { cwd: root, stdio: 'inherit' })
}
