import { pino } from 'pino'
import type { DestinationStream } from 'pino'

/**
 * Writes the lines of one turn of the event loop with one system call, because the call is most of a line's cost. An exit or an
 * uncaught error first writes the remaining lines. Only `kill -9` loses the lines of the current turn.
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
