import { execa } from 'execa'
import type { Account } from './account.ts'

export interface ServerProcess {
  readonly pid: number
  /** True when it has said that it is ready, false when it ended before. */
  readonly ready: Promise<boolean>
  /** Settles when the process has ended, with the last lines it said. Never rejects. */
  readonly exited: Promise<Exit>
  /** Sends the signals one after the other, each when the one before was not heard within `patienceMs`. */
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
  /** Runs it as another user; only root may. */
  account?: Account | undefined
  /** Written to its stdin: configuration that must not be seen in the list of processes. */
  input?: string | undefined
  /** Part of the line by which it says that it is ready. */
  readyWhen: string
  onLine? (line: string): void
}

/** Nothing of our own environment reaches a server: PGDATA or PGPORT of the user's shell would reconfigure it. */
export const serverEnvironment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' }

/**
 * Starts a server in a session of its own, so that Ctrl-C in the terminal reaches us and not it: we stop it, last. Should we
 * be killed ourselves, a watchman stops it: a shell that waits for the other end of its stdin, ours, to close.
 */
export function startServerProcess ({ command, args, cwd, account, input, readyWhen, onLine }: ServerCommand): ServerProcess {
  const child = execa(command, args, {
    cwd,
    ...account,
    env: serverEnvironment,
    extendEnv: false,
    detached: true,
    cleanup: false,
    // Who stops it says how long to wait.
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
