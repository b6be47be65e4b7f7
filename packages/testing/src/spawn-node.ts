import { execa } from 'execa'
import { existsSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

export interface NodeOptions {
  /** The whole environment except PATH and HOME. The process inherits nothing else. */
  env?: Record<string, string>
  args?: string[]
  cwd?: string
  /** Another user to run it as. Only root may do this. */
  uid?: number
  gid?: number
  /** Uses a new process group, which can receive signals like one in a terminal. */
  detached?: boolean
}

export interface NodeProcess {
  readonly pid: number
  /** The output so far, by line. */
  readonly stdout: string[]
  readonly stderr: string[]
  /** Both, as one text. */
  output: () => string
  /** Resolves when the process is ready, with its address if any. Rejects when the process ends first. */
  readonly ready: Promise<{ url: string }>
  readonly exited: Promise<Exit>
  /** Sends the signal (default: SIGTERM) and waits for the end. */
  stop: (signal?: NodeJS.Signals) => Promise<Exit>
  /** Sends SIGKILL and waits for the end. */
  kill: () => Promise<Exit>
  /** Closes the IPC channel, like the end of this process would, and waits for the end. */
  abandon: () => Promise<Exit>
}

interface Exit {
  code: number | undefined
  signal: string | undefined
}

const root = fileURLToPath(new URL('../../..', import.meta.url))
const patienceMs = 20_000
/** Options of Node, not of the script. */
const forNode = ['NODE_COMPILE_CACHE', 'NODE_V8_COVERAGE']

/** Runs a script as a process, in the same way as this test (bundled, through tsx or natively), and ends it with the test. */
export function spawnNode (t: Test, script: string, { env = {}, args = [], cwd = root, ...how }: NodeOptions = {}): NodeProcess {
  const child = execa(process.execPath, [...nodeArguments(script), ...args], {
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

/**
 * The arguments with which Node runs a script in the same way as this test: the bundle from `npm test` if there is one, otherwise
 * the script, through tsx if this process needs or uses it. Programs run without source maps, which would take a seventh of the
 * time of their start. To see positions in the sources, run the file with `--direct`.
 */
export function nodeArguments (script: string): string[] {
  const bundle = join(process.env['TEST_BUNDLES'] ?? '', relative(root, script)).replace(/\.ts$/, '.js')
  if (process.env['TEST_BUNDLES'] && existsSync(bundle)) return [bundle]
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
