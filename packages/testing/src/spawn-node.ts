import { execa } from 'execa'
import { existsSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

export interface NodeOptions {
  /** All of its environment but PATH and HOME: nothing else is inherited. */
  env?: Record<string, string>
  args?: string[]
  cwd?: string
  /** Another user to run it as; for root only. */
  uid?: number
  gid?: number
  /** In a process group of its own, which can then be signalled as a terminal does. */
  detached?: boolean
}

export interface NodeProcess {
  readonly pid: number
  /** Everything it has written so far, line by line. */
  readonly stdout: string[]
  readonly stderr: string[]
  /** Both, as one text. */
  output: () => string
  /** Resolves when it says that it is ready, with its address where it has one; rejects when it ends before. */
  readonly ready: Promise<{ url: string }>
  readonly exited: Promise<Exit>
  /** Sends the signal (SIGTERM) and waits for the end. */
  stop: (signal?: NodeJS.Signals) => Promise<Exit>
  /** `kill -9`, and waits for the end. */
  kill: () => Promise<Exit>
  /** Hangs up, as when we had died ourselves, and waits for the end. */
  abandon: () => Promise<Exit>
}

interface Exit {
  code: number | undefined
  signal: string | undefined
}

const root = fileURLToPath(new URL('../../..', import.meta.url))
const patienceMs = 20_000
/** For Node, not for the script. */
const forNode = ['NODE_COMPILE_CACHE', 'NODE_V8_COVERAGE']

/** Runs a script as a process, the way this test itself is run (bundled, through tsx or natively), and ends it with the test. */
export function spawnNode (t: Test, script: string, { env = {}, args = [], cwd = root, ...how }: NodeOptions = {}): NodeProcess {
  const child = execa(process.execPath, [...programOf(script), ...args], {
    ...how,
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...settingsOfNode(), ...env },
    extendEnv: false,
    ipc: true,
    serialization: 'json',
    forceKillAfterDelay: patienceMs,
    reject: false,
    buffer: false,
    stdin: 'ignore'
  })
  const stdout: string[] = []
  const stderr: string[] = []
  const all: string[] = []
  const reading = Promise.all([
    collect(child.iterable({ from: 'stdout' }), [stdout, all]),
    collect(child.iterable({ from: 'stderr' }), [stderr, all])
  ])
  const exited = child.then(async ({ exitCode, signal }) => {
    await reading
    return { code: exitCode, signal }
  })
  const name = script.endsWith('/src/main.ts') ? basename(dirname(dirname(script))) : basename(script)
  const output = () => all.join('\n')
  const ready = new Promise<{ url: string }>((resolve, reject) => {
    child.on('message', (message: unknown) => { if (isReady(message)) resolve({ url: message.url ?? '' }) })
    exited.then(({ code, signal }) => reject(new Error(`${name} ended with ${signal ?? `code ${code}`} before it was ready:\n${output()}`)))
  })
  // Not every test waits for it.
  ready.catch(() => {})
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    return exited
  }
  const abandon = () => {
    child.disconnect()
    return exited
  }
  t.teardown(async () => {
    await stop()
    if (!t.passing()) t.comment(`${name} wrote:\n${output()}`)
  })
  return { pid: child.pid ?? 0, stdout, stderr, output, ready, exited, stop, kill: () => stop('SIGKILL'), abandon }
}

/** The bundle that `npm test` made of it; or the script, through tsx where Node needs it or we have it ourselves. */
function programOf (script: string): string[] {
  const bundle = join(process.env['TEST_BUNDLES'] ?? '', relative(root, script)).replace(/\.ts$/, '.js')
  if (process.env['TEST_BUNDLES'] && existsSync(bundle)) return ['--enable-source-maps', bundle]
  const native = 'typescript' in process.features && Boolean(process.features.typescript)
  const throughTsx = !native || process.execArgv.some((arg) => arg.includes('tsx'))
  return throughTsx ? ['--import', import.meta.resolve('tsx'), script] : [script]
}

function settingsOfNode (): Record<string, string> {
  return Object.fromEntries(forNode.flatMap((name) => process.env[name] ? [[name, process.env[name]]] : []))
}

async function collect (lines: AsyncIterable<string>, into: string[][]): Promise<void> {
  for await (const line of lines) into.forEach((list) => list.push(line))
}

function isReady (message: unknown): message is { ready: true, url?: string } {
  return typeof message === 'object' && message !== null && 'ready' in message && message.ready === true
}
