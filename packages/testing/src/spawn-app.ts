import { execa } from 'execa'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

export type AppName = 'api' | 'worker' | 'sandbox' | 'cli'

export interface AppOptions {
  /** All of its environment but PATH and HOME: nothing else is inherited. */
  env?: Record<string, string>
  args?: string[]
  cwd?: string
}

export interface App {
  readonly pid: number
  /** Everything it has written so far, line by line. */
  readonly stdout: string[]
  readonly stderr: string[]
  /** Both, as one text. */
  output (): string
  /** Resolves when the app says that it is ready, with its address where it has one; rejects when it ends before. */
  readonly ready: Promise<{ url: string }>
  readonly exited: Promise<{ code: number | undefined, signal: string | undefined }>
  /** Sends the signal (SIGTERM) and waits for the end. */
  stop (signal?: NodeJS.Signals): Promise<{ code: number | undefined, signal: string | undefined }>
  /** `kill -9`, and waits for the end. */
  kill (): Promise<{ code: number | undefined, signal: string | undefined }>
}

const root = fileURLToPath(new URL('../../..', import.meta.url))
const patienceMs = 20_000

/** Runs an app as a process, the way this test itself is run (through tsx or natively), and ends it with the test. */
export function spawnApp (t: Test, name: AppName, { env = {}, args = [], cwd = root }: AppOptions = {}): App {
  const child = execa(process.execPath, [...process.execArgv.map(resolveLoader), `${root}/apps/${name}/src/main.ts`, ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
    extendEnv: false,
    ipc: true,
    forceKillAfterDelay: patienceMs,
    serialization: 'json',
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
  t.teardown(async () => {
    await stop()
    if (!t.passing()) t.comment(`${name} wrote:\n${output()}`)
  })
  return { pid: child.pid ?? 0, stdout, stderr, output, ready, exited, stop, kill: () => stop('SIGKILL') }
}

/** `--import=tsx` is looked up from the working folder, which may be anywhere. */
function resolveLoader (arg: string): string {
  return arg.replace(/(^|=)tsx$/, (_, before: string) => before + import.meta.resolve('tsx'))
}

async function collect (lines: AsyncIterable<string>, into: string[][]): Promise<void> {
  for await (const line of lines) into.forEach((list) => list.push(line))
}

function isReady (message: unknown): message is { ready: true, url?: string } {
  return typeof message === 'object' && message !== null && 'ready' in message && message.ready === true
}
