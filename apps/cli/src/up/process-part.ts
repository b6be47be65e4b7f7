import { execa } from 'execa'
import type { EventEmitter } from 'node:events'
import type { Part } from './part.ts'

/** A Node.js program that reports over IPC when it is ready, and exits with its parent. */
export interface PartCommand {
  name: string
  command: string
  args: string[]
  /** The complete environment. */
  env: Record<string, string>
}

export interface PartLine {
  part: string
  stream: 'stdout' | 'stderr'
  text: string
}

/** Longer than an app's own shutdown may take. */
const stopTimeoutMs = 20_000
const startTimeoutMs = 120_000

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
        // Ctrl-C in the terminal reaches only this process, which stops the parts in order.
        detached: true,
        forceKillAfterDelay: stopTimeoutMs,
        reject: false,
        buffer: false,
        stdin: 'ignore'
      })
      // Lines are held back until the part is ready. If it cannot start, they contain the reason.
      const startLines: PartLine[] = []
      let onText = (line: PartLine) => { startLines.push(line) }
      const reading = Promise.all((['stdout', 'stderr'] as const).map(async (stream) => {
        for await (const text of child.iterable({ from: stream })) onText({ part: name, stream, text })
      }))
      const exited = child.then(async ({ exitCode, signal, originalMessage }) => {
        await reading.catch(() => {})
        return signal ?? (exitCode === undefined ? originalMessage ?? 'not started' : `code ${exitCode}`)
      })
      const end = () => { child.kill() }
      stop.addEventListener('abort', end)
      const outcome = await Promise.race([untilReady(child), exited.then((reason) => ({ reason })), startTimeout()])
      stop.removeEventListener('abort', end)
      if ('reason' in outcome) {
        child.kill()
        await exited
        throw new Error(`${name} did not start: ${startErrorIn(startLines) ?? outcome.reason}`)
      }
      onText = onLine
      startLines.forEach(onLine)
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

function startTimeout (): Promise<{ reason: string }> {
  return new Promise((resolve) => {
    setTimeout(resolve, startTimeoutMs, { reason: `not ready after ${startTimeoutMs / 1000} s` }).unref()
  })
}

/** The error in what an app wrote to stderr: one line per error, or the line of a crash that names the error. */
function startErrorIn (lines: PartLine[]): string | undefined {
  const errors = lines.filter(({ stream, text }) => stream === 'stderr' && text.trim() !== '').map(({ text }) => text.trim())
  return errors.find((text) => /^\w*Error\b.*:/.test(text)) ?? (errors.length > 0 ? errors.join('; ') : undefined)
}
