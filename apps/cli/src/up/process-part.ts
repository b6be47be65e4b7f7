import { execa } from 'execa'
import type { EventEmitter } from 'node:events'
import type { Part } from './part.ts'

/** A part that is a Node program of ours: it tells over IPC when it is ready, and ends when its parent does. */
export interface PartCommand {
  name: string
  command: string
  args: string[]
  /** All of its environment. */
  env: Record<string, string>
}

export interface PartLine {
  part: string
  stream: 'stdout' | 'stderr'
  text: string
}

/** Longer than an app may take to finish what is under way. */
const stopPatienceMs = 20_000
const startPatienceMs = 120_000

export function createProcessPart ({ name, command, args, env }: PartCommand, onLine: (line: PartLine) => void): Part {
  return {
    name,
    async start (stop) {
      stop.throwIfAborted()
      const child = execa(command, args, {
        env,
        extendEnv: false,
        ipc: true,
        serialization: 'json',
        // Ctrl-C in the terminal is for us alone: we stop the parts, in order.
        detached: true,
        forceKillAfterDelay: stopPatienceMs,
        reject: false,
        buffer: false,
        stdin: 'ignore'
      })
      // Kept back until it is ready: when it cannot start, they are the reason, to be told once.
      const held: PartLine[] = []
      let hear = (line: PartLine) => { held.push(line) }
      const reading = Promise.all((['stdout', 'stderr'] as const).map(async (stream) => {
        for await (const text of child.iterable({ from: stream })) hear({ part: name, stream, text })
      }))
      const exited = child.then(async ({ exitCode, signal, originalMessage }) => {
        await reading.catch(() => {})
        return signal ?? (exitCode === undefined ? originalMessage ?? 'not started' : `code ${exitCode}`)
      })
      const end = () => { child.kill() }
      stop.addEventListener('abort', end)
      const outcome = await Promise.race([untilReady(child), exited.then((how) => ({ how })), late()])
      stop.removeEventListener('abort', end)
      if ('how' in outcome) {
        child.kill()
        await exited
        throw new Error(`${name} did not start: ${reasonIn(held) ?? outcome.how}`)
      }
      hear = onLine
      held.forEach(onLine)
      return {
        url: outcome.url,
        exited,
        async stop () {
          child.kill()
          await exited
        },
        kill () { child.kill('SIGKILL') }
      }
    }
  }
}

function untilReady (child: Pick<EventEmitter, 'on'>): Promise<{ url: string }> {
  return new Promise((resolve) => {
    child.on('message', (message: unknown) => {
      if (typeof message !== 'object' || message === null || !('ready' in message)) return
      resolve({ url: 'url' in message && typeof message.url === 'string' ? message.url : '' })
    })
  })
}

function late (): Promise<{ how: string }> {
  return new Promise((resolve) => {
    setTimeout(resolve, startPatienceMs, { how: `not ready after ${startPatienceMs / 1000} s` }).unref()
  })
}

/** Apps write a line per fault to stderr. A crash writes its source and stack around the one line that counts. */
function reasonIn (lines: PartLine[]): string | undefined {
  const said = lines.filter(({ stream, text }) => stream === 'stderr' && text.trim() !== '').map(({ text }) => text.trim())
  return said.find((text) => /^\w*Error\b.*:/.test(text)) ?? (said.length > 0 ? said.join('; ') : undefined)
}
