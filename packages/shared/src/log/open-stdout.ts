import { pino } from 'pino'
import type { DestinationStream } from 'pino'

/**
 * Stdout for lines: those of one turn of the event loop go in one system call, which is most of what a line costs. An exit, or
 * an error that nobody catches, lets out what was said until then; only `kill -9` takes the lines of its moment with it.
 */
export function openStdout (): DestinationStream {
  const stdout = pino.destination({ dest: 1, sync: true })
  let lines = ''

  function flush (): void {
    if (lines === '') return
    stdout.write(lines)
    lines = ''
  }

  process.on('exit', flush)
  return {
    write: (line) => {
      if (lines === '') setImmediate(flush)
      lines += line
    }
  }
}
