import type { CommandContext } from '../command-context.ts'
import type { Part } from './part.ts'
import { supervise } from './supervise.ts'
import type { Supervised } from './supervise.ts'

export interface Parts {
  /** Starts a part and restarts it when it exits. Resolves with its address. */
  start: (part: Part) => Promise<string>
  /** Runs work between two parts and reports it in the same way. */
  run: (name: string, work: () => Promise<void>) => Promise<void>
  /** Stops all parts, the last one first. */
  stop: () => Promise<void>
}

export interface PartsOptions extends Pick<CommandContext, 'print' | 'colors'> {
  stop: AbortSignal
  force: AbortSignal
}

export function openParts ({ print, colors, stop, force }: PartsOptions): Parts {
  const started: Supervised[] = []
  force.addEventListener('abort', () => started.forEach((part) => part.kill()))

  async function timed<T> (name: string, work: () => Promise<T>): Promise<T> {
    stop.throwIfAborted()
    const began = Date.now()
    const result = await work()
    print(`${colors.green('✔')} ${name} ${colors.dim(`(${((Date.now() - began) / 1000).toFixed(1)} s)`)}`)
    return result
  }

  return {
    start: (part) => timed(part.name, async () => {
      const supervised = await supervise(part, { signal: stop, report: (line) => print(`${colors.yellow('!')} ${line}`) })
      started.push(supervised)
      return supervised.url
    }),
    run: timed,
    async stop () {
      if (started.length > 0) print('Stopping …')
      for (const part of started.toReversed()) await part.stop()
      if (started.length > 0) print('Stopped.')
    }
  }
}
