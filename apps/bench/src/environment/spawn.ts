import { fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Usage } from './probe.ts'

export interface SpawnOptions {
  /** The whole environment of the process. */
  env?: Record<string, string> | undefined
  /** The folder of the process's log, which is only read if the process ends early. */
  folder: string
  /** A folder for CPU profiles. Each process writes one there when it ends. */
  profiles?: string | undefined
  /** A folder with bundles of scripts, which start faster. A script without one runs from its source. */
  bundles?: string | undefined
}

/** A process that ends together with this one. */
export interface Child {
  name: string
  /** Rejects when the process ends, with its last output. */
  gone: Promise<never>
  /** The ready message. Apps report their URL in it. */
  ready: Promise<{ url?: string }>
  /** Sends one message and returns the next message that is not about usage. Rejects when the process ends first. */
  ask: <Result>(message: object) => Promise<Result>
  usage: () => Promise<Usage>
  /** Resets `peakRssBytes` to the current memory, where the system supports it. */
  resetPeak: () => void
  /** Asks the process to close, and waits for its end. */
  stop: () => Promise<void>
  /** Sends SIGKILL and waits for the end. */
  kill: () => Promise<void>
}

const patienceMs = 20_000
const probe = fileURLToPath(new URL('probe.ts', import.meta.url))
const root = fileURLToPath(new URL('../../../..', import.meta.url))
let spawned = 0

/** Starts `apps/NAME` as in production, with a probe that reports its usage. */
export function spawnApp (name: 'api' | 'worker' | 'sandbox', options: SpawnOptions): Child {
  return spawnScript(join(root, 'apps', name, 'src/main.ts'), name, options)
}

/** Starts one of the benchmark's own loops. */
export function spawnLoop (name: string, options: SpawnOptions): Child {
  return spawnScript(fileURLToPath(new URL(`../loops/${name}.ts`, import.meta.url)), basename(name), options)
}

function spawnScript (script: string, name: string, { env = {}, folder, profiles, bundles }: SpawnOptions): Child {
  const path = join(folder, `${++spawned}-${name}.log`)
  const log = openSync(path, 'w', 0o600)
  const [program, probeProgram] = [programOf(script, bundles), programOf(probe, bundles)]
  const profiling = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(profiles, `${spawned}-${name}`)}`]
  const execArgv = [...loader([program, probeProgram]), '--import', probeProgram, ...profiling]
  // With its own session, Ctrl-C in the terminal reaches only this process, which stops the child before the servers that it
  // uses.
  const child = fork(program, { cwd: root, env, execArgv, stdio: ['ignore', log, log, 'ipc'], detached: true })
  closeSync(log)
  const exited = once(child, 'exit')
  const gone = exited.then(([code, signal]): never => {
    throw new Error(`${name} ended with ${signal ?? `code ${code}`}:\n${readFileSync(path, 'utf8').slice(-2_000)}`)
  })
  gone.catch(() => {})

  function next<Result> (choose: (message: object) => boolean): Promise<Result> {
    return Promise.race([gone, new Promise<Result>((resolve) => {
      child.on('message', function receive (message: object) {
        if (!choose(message)) return
        child.off('message', receive)
        resolve(message as Result)
      })
    })])
  }

  function send (message: object | string): void {
    // A failed send does not matter: `gone` reports that the process has ended.
    child.send(message, () => {})
  }

  const ready = next<{ url?: string }>((message) => 'ready' in message)
  ready.catch(() => {})
  return {
    name,
    gone,
    ready,
    ask: (message) => {
      send(message)
      return next((received) => !('usage' in received) && !('ready' in received))
    },
    usage: async () => {
      send('usage')
      return (await next<{ usage: Usage }>((received) => 'usage' in received)).usage
    },
    resetPeak: () => send('resetPeak'),
    stop: async () => {
      // Apps and loops react to the disconnect. A signal would end a loop before it has written its profile.
      if (child.connected) child.disconnect()
      const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs)
      await exited
      clearTimeout(timer)
    },
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    }
  }
}

/** The bundle of a script if there is one, otherwise the script. */
function programOf (script: string, bundles: string | undefined): string {
  const bundle = join(bundles ?? '', relative(root, script).replace(/\.ts$/, '.js'))
  return bundles !== undefined && existsSync(bundle) ? bundle : script
}

/** Loads `tsx` for TypeScript if this process uses it or if Node does not support TypeScript. */
function loader (programs: string[]): string[] {
  if (programs.every((program) => program.endsWith('.js'))) return []
  const native = 'typescript' in process.features && Boolean(process.features.typescript)
  return !native || process.execArgv.some((arg) => arg.includes('tsx')) ? ['--import', import.meta.resolve('tsx')] : []
}
