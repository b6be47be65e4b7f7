import type { WriteStream } from 'node:tty'
import { createLogUpdate } from 'log-update'
import type { RotationProgress } from '@carillon/shared/encryption-keys'

const lineEveryMs = 5_000

/** Shows the progress: one line that changes on a terminal, and otherwise a new line every few seconds. */
export function createRotationView (output: WriteStream): { show: (progress: RotationProgress) => void, close: () => void } {
  if (output.isTTY) {
    const draw = createLogUpdate(output, { showCursor: true })
    return { show: (progress) => { draw(describe(progress)) }, close: () => draw.done() }
  }
  let latest: RotationProgress | undefined
  let writtenAt: number | undefined
  const write = (): void => {
    if (latest === undefined) return
    output.write(`${describe(latest)}\n`)
    latest = undefined
    writtenAt = performance.now()
  }
  return {
    show (progress) {
      latest = progress
      if (writtenAt === undefined || performance.now() - writtenAt >= lineEveryMs) write()
    },
    close: write
  }
}

function describe ({ rotated, total }: RotationProgress): string {
  const percent = total === 0 ? 100 : Math.floor(rotated / total * 100)
  return `Encrypted ${rotated} of ${total} values with the first key (${percent} %)`
}
