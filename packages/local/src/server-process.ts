import { execa } from 'execa'
import type { Account } from './account.ts'

export interface ServerProcess {
  readonly pid: number
  /** True when the server is ready, false when it ended first. */
  readonly ready: Promise<boolean>
  /** Resolves when the process has ended, with its last output lines. Never rejects. */
  readonly exited: Promise<Exit>
  /** Sends the signals in order, each one if the process has not ended within `patienceMs` after the previous one. */
  stop (signals: NodeJS.Signals[], patienceMs: number): Promise<Exit>
  kill (signal: NodeJS.Signals): void
}

export interface Exit {
  code: number | undefined
  signal: string | undefined
  lastLines: string[]
}

export interface ServerCommand {
  command: string
  args: string[]
  cwd: string
  /** Runs the process as another user, which only root may do. */
  account?: Account | undefined
  /** Written to stdin. Configuration there does not appear in the process list. */
  input?: string | undefined
  /** A part of the output line that reports readiness. */
  readyWhen: string
  onLine? (line: string): void
}

/** Servers inherit no environment variables, because PGDATA or PGPORT of the user's shell would reconfigure them. */
export const serverEnvironment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' }

/**
 * Starts a server in its own session, so Ctrl-C in the terminal reaches only this process, which stops the server last. If this
 * process is killed, a shell stops the server: it waits until its stdin, whose other end this process holds, closes.
 */
export function startServerProcess ({ command, args, cwd, account, input, readyWhen, onLine }: ServerCommand): ServerProcess {
  const child = execa(command, args, {
    cwd,
    ...account,
    env: serverEnvironment,
    extendEnv: false,
    detached: true,
    cleanup: false,
    // The caller of `stop` sets the time limit.
    forceKillAfterDelay: false,
    reject: false,
    buffer: false,
    all: true,
    stdin: input === undefined ? 'ignore' : 'pipe'
  })
  if (input !== undefined) child.stdin?.end(input)
  const lastLines: string[] = []
  let becomeReady = () => {}
  const said = new Promise<true>((resolve) => { becomeReady = () => resolve(true) })
  const reading = (async () => {
    for await (const line of child.iterable({ from: 'all' })) {
      lastLines.push(line)
      if (lastLines.length > 20) lastLines.shift()
      onLine?.(line)
      if (line.includes(readyWhen)) becomeReady()
    }
  })().catch(() => {})
  const pid = child.pid ?? 0
  const dismissWatchman = pid > 0 ? watch(pid, account) : () => {}
  const exited = child.then(async (result) => {
    dismissWatchman()
    await reading
    if (result.exitCode === undefined && result.signal === undefined) lastLines.push(result.originalMessage ?? 'did not start')
    return { code: result.exitCode, signal: result.signal, lastLines }
  })
  return {
    pid,
    ready: Promise.race([said, exited.then(() => false)]),
    exited,
    async stop (signals, patienceMs) {
      for (const signal of signals) {
        child.kill(signal)
        if (await settledWithin(exited, patienceMs)) break
      }
      return exited
    },
    kill (signal) { child.kill(signal) }
  }
}

function watch (pid: number, account: Account | undefined): () => void {
  if (process.platform === 'win32') return () => {}
  const watchman = execa('/bin/sh', ['-c', 'read -r _; kill -INT "$1"', 'sh', String(pid)], {
    ...account,
    cwd: '/',
    env: serverEnvironment,
    extendEnv: false,
    detached: true,
    cleanup: false,
    reject: false,
    stdio: ['pipe', 'ignore', 'ignore']
  })
  return () => { watchman.kill('SIGKILL') }
}

function settledWithin (promise: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms, false)
    promise.then(() => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}
