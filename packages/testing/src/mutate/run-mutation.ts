import { execa } from 'execa'
import { join } from 'node:path'
import type { Servers } from '../stores/servers.ts'
import type { Copy } from './open-copy.ts'
import type { Mutation } from './target.ts'

type MutantStatus = 'killed' | 'timedOut' | 'survived' | 'invalid'

export interface MutationResult {
  mutation: Mutation
  status: MutantStatus
  /** The test that failed. */
  by: string | undefined
  seconds: number
}

/** An invalid program or statement. It would not run at all, so it proves nothing about a test. */
const invalid = /syntax error at or near|SyntaxError|TransformError|code: "?(?:42601|42702|42703|42P01|42803|42804|42883)|ReferenceError/

export interface Environment {
  copy: Copy
  servers: Servers
  /** A folder in which Node.js 22 and later cache compiled modules between tests. */
  compileCache: string
}

/** How long a test may take to report its failure. */
const closingMs = 300

/** Runs the tests of one mutation in a copy until one fails, and restores the file. */
export async function runMutation (
  mutation: Mutation,
  { source, limitFor, ...environment }: Environment & { source: string, limitFor: (test: string) => Promise<number> }
): Promise<MutationResult> {
  const startedAt = performance.now()
  const result = (status: MutantStatus, by?: string): MutationResult =>
    ({ mutation, status, by, seconds: (performance.now() - startedAt) / 1000 })
  const { copy } = environment
  await copy.write(mutation.file, mutation.text)
  try {
    for (const test of mutation.tests) {
      const { ok, output, timedOut } = await runTest(test, { ...environment, limitMs: await limitFor(test) })
      if (timedOut) return result('timedOut', test)
      if (!ok) return result(invalid.test(output) ? 'invalid' : 'killed', test)
    }
    return result('survived')
  } finally {
    await copy.write(mutation.file, source)
  }
}

export interface TestResult {
  ok: boolean
  output: string
  timedOut: boolean
}

/** Runs one test file alone, with running servers, until its first failure. */
export async function runTest (
  test: string, { copy, servers, compileCache, limitMs }: Environment & { limitMs: number }
): Promise<TestResult> {
  const loader = 'typescript' in process.features && Boolean(process.features.typescript) ? [] : ['--import', import.meta.resolve('tsx')]
  const running = execa(process.execPath, [...loader, join(copy.root, test)], {
    cwd: copy.root,
    env: {
      TEST_DATABASE_URL: servers.databaseUrl,
      TEST_TEMPLATE: servers.template,
      TEST_REDIS_URL: servers.redisUrl ?? '',
      TAP_BAIL: '1',
      TAP_TIMEOUT: String(limitMs / 1000),
      NODE_COMPILE_CACHE: compileCache
    },
    all: true,
    reject: false,
    stdin: 'ignore',
    detached: true,
    cleanup: false
  })
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    killGroup(running.pid)
  }, limitMs)
  // The cleanup of a failed test may hang, and its output does not matter.
  running.all.on('data', (text: Buffer) => {
    if (/^ *not ok/m.test(text.toString())) setTimeout(() => killGroup(running.pid), closingMs).unref()
  })
  const { exitCode, all } = await running
  clearTimeout(timer)
  return { ok: exitCode === 0, output: String(all), timedOut }
}

/** Kills the test and the processes that it has started. */
function killGroup (pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // The process has already ended.
  }
}
