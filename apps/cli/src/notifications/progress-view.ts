import type { WriteStream } from 'node:tty'
import { createLogUpdate } from 'log-update'
import pc from 'picocolors'
import type { Progress } from './notification.ts'
import { progressBars, progressLine } from './progress-lines.ts'

export interface ProgressView {
  show: (progress: Progress) => void
  /** Shows whether the API is reachable. */
  connection: (isThere: boolean) => void
  close: () => void
}

/** Draws bars on a terminal. Without a terminal, it prints a line every few seconds. */
export function createProgressView (output: WriteStream, heading: string): ProgressView {
  return output.isTTY ? drawn(output, heading) : written(output)
}

function drawn (output: WriteStream, heading: string): ProgressView {
  // Hiding the cursor would need signal handlers, which only main.ts installs.
  const draw = createLogUpdate(output, { showCursor: true })
  const { green } = pc.createColors(output.hasColors())
  let latest: Progress | undefined
  let isThere = true
  const render = () => {
    if (latest === undefined) return
    const lost = isThere ? '' : ' (the API does not respond; trying again)'
    draw([`${heading}: ${latest.status}${lost}`, ...progressBars(latest, output.columns, green)].join('\n'))
  }
  return {
    show (progress) {
      latest = progress
      render()
    },
    connection (now) {
      isThere = now
      render()
    },
    close: () => draw.done()
  }
}

const everyMs = 5_000

function written (output: WriteStream): ProgressView {
  let latest: Progress | undefined
  let writtenOf: Progress | undefined
  const write = () => {
    if (latest === undefined || latest === writtenOf) return
    output.write(`${progressLine(latest)}\n`)
    writtenOf = latest
  }
  const timer = setInterval(write, everyMs)
  return {
    show (progress) {
      latest = progress
      if (progress.status !== writtenOf?.status) write()
    },
    connection: (isThere) => { output.write(isThere ? 'the API is back\n' : 'the API does not respond; trying again\n') },
    close () {
      clearInterval(timer)
      write()
    }
  }
}
