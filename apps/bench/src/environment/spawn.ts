import { fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Usage } from './probe.ts'

export interface SpawnOptions {
  /** All of its environment. */
  env?: Record<string, string> | undefined
  /** Where its output goes; nobody reads it, unless it ends before its time. */
  folder: string
  /** A folder for CPU profiles: each process leaves one there when it ends. */
  profiles?: string | undefined
}

/** A process of ours. It ends with us, whatever becomes of us. */
export interface Child {
  name: string
  /** Rejects when it ends, with the last it wrote. */
  gone: Promise<never>
  /** What it says when it is ready: apps name their URL. */
  ready: Promise<{ url?: string }>
  /** Sends one message and waits for the next that is no usage. Rejects when the process ends first. */
  ask: <Answer>(message: object) => Promise<Answer>
  usage: () => Promise<Usage>
  /** Lets `peakRssBytes` start again from what it holds now, where the system can do that. */
  resetPeak: () => void
  /** Lets it close in order, and waits for that. */
  stop: () => Promise<void>
  /** `kill -9`, and waits for the end. */
  kill: () => Promise<void>
}

const patienceMs = 20_000
const probe = fileURLToPath(new URL('probe.ts', import.meta.url))
const root = fileURLToPath(new URL('../../../..', import.meta.url))
let spawned = 0

/** Starts `apps/NAME` as in production, but that its parent can ask what it uses. */
export function spawnApp (name: 'api' | 'worker' | 'sandbox', options: SpawnOptions): Child {
  return spawnScript(join(root, 'apps', name, 'src/main.ts'), name, options)
}

/** Starts one of our own loops. */
export function spawnLoop (name: string, options: SpawnOptions): Child {
  return spawnScript(fileURLToPath(new URL(`../loops/${name}.ts`, import.meta.url)), basename(name), options)
}

function spawnScript (script: string, name: string, { env = {}, folder, profiles }: SpawnOptions): Child {
  const path = join(folder, `${++spawned}-${name}.log`)
  const log = openSync(path, 'w', 0o600)
  const execArgv = [...loader(), '--import', probe, ...profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(profiles, `${spawned}-${name}`)}`]]
  // In a session of its own, so that Ctrl-C in the terminal reaches us and not it: we stop it, before what it stands on.
  const child = fork(script, { cwd: root, env, execArgv, stdio: ['ignore', log, log, 'ipc'], detached: true })
  closeSync(log)
  const exited = once(child, 'exit')
  const gone = exited.then(([code, signal]): never => {
    throw new Error(`${name} ended with ${signal ?? `code ${code}`}:\n${readFileSync(path, 'utf8').slice(-2_000)}`)
  })
  gone.catch(() => {})

  function next<Answer> (choose: (message: object) => boolean): Promise<Answer> {
    return Promise.race([gone, new Promise<Answer>((resolve) => {
      child.on('message', function hear (message: object) {
        if (!choose(message)) return
        child.off('message', hear)
        resolve(message as Answer)
      })
    })])
  }

  function send (message: object | string): void {
    // Whether it was heard does not matter: of one that is gone `gone` tells.
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
      return next((answer) => !('usage' in answer) && !('ready' in answer))
    },
    usage: async () => {
      send('usage')
      return (await next<{ usage: Usage }>((answer) => 'usage' in answer)).usage
    },
    resetPeak: () => send('resetPeak'),
    stop: async () => {
      // Theirs to hear, apps' and loops' alike; a signal would end a loop before it has left its profile.
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

/** `tsx` where we have it ourselves, or where Node does not know TypeScript. */
function loader (): string[] {
  const native = 'typescript' in process.features && Boolean(process.features.typescript)
  return !native || process.execArgv.some((arg) => arg.includes('tsx')) ? ['--import', import.meta.resolve('tsx')] : []
}
