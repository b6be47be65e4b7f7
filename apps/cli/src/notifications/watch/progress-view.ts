import type { WriteStream } from 'node:tty'
import { createLogUpdate } from 'log-update'
import type { CommandContext } from '../../command-context.ts'
import { describeApiState } from '../../operator/follow-events.ts'
import type { Progress } from '../api/notification.ts'
import { progressBars, progressLine } from '../output/progress-lines.ts'

export interface ProgressView {
  show: (progress: Progress) => void
  /** Shows whether the API is reachable. */
  showConnection: (isConnected: boolean) => void
  close: () => void
}

/** Draws bars on a terminal. Without a terminal, it prints a line every few seconds. */
export function createProgressView (terminal: Pick<CommandContext['terminal'], 'output' | 'colors'>, heading: string): ProgressView {
  return terminal.output.isTTY ? drawn(terminal, heading) : written(terminal.output)
}

function drawn ({ output, colors: { green } }: Pick<CommandContext['terminal'], 'output' | 'colors'>, heading: string): ProgressView {
  // Hiding the cursor would need signal handlers, which only main.ts installs.
  const draw = createLogUpdate(output, { showCursor: true })
  let latest: Progress | undefined
  let isConnected = true
  const render = () => {
    if (latest === undefined) return
    const lost = isConnected ? '' : ' (the API does not respond; trying again)'
    draw([`${heading}: ${latest.status}${lost}`, ...progressBars(latest, output.columns, green)].join('\n'))
  }
  return {
    show (progress) {
      latest = progress
      render()
    },
    showConnection (state) {
      isConnected = state
      render()
    },
    close: () => draw.done()
  }
}

const everyMs = 5_000

function written (output: WriteStream): ProgressView {
  let latest: Progress | undefined
  let lastWritten: Progress | undefined
  const write = () => {
    if (latest === undefined || latest === lastWritten) return
    output.write(`${progressLine(latest)}\n`)
    lastWritten = latest
  }
  const timer = setInterval(write, everyMs)
  return {
    show (progress) {
      latest = progress
      if (progress.status !== lastWritten?.status) write()
    },
    showConnection: (isConnected) => { output.write(`${describeApiState(isConnected)}\n`) },
    close () {
      clearInterval(timer)
      write()
    }
  }
}
