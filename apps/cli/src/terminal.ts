import { createInterface } from 'node:readline'
import type { Interface } from 'node:readline'
import type { CommandContext } from './command-context.ts'
import { ConnectFailure } from './connect/connect-failure.ts'

export interface Terminal {
  /** Whether the input is a terminal. */
  readonly isInteractive: boolean
  say: (line: string) => void
  /**
   * Resolves to the next line without surrounding spaces. Rejects with the signal's reason, or with ConnectFailure at the end
   * of the input.
   */
  ask: (question: string, signal: AbortSignal) => Promise<string>
  /** Shows the remaining time on one line, until the returned function is called. */
  countDown: (text: string, deadline: number) => () => void
  /** Restores the terminal. */
  close: () => void
}

/** `onInterrupt` is called for Ctrl-C while a question is open, because the terminal sends no signal then. */
export function createTerminal ({ input, output }: CommandContext['terminal'], onInterrupt: () => void): Terminal {
  let reader: { readline: Interface, lines: AsyncIterator<string> } | undefined
  const say = (line: string) => { output.write(`${line}\n`) }

  return {
    isInteractive: input.isTTY,
    say,
    async ask (question, signal) {
      signal.throwIfAborted()
      const { readline, lines } = reader ??= openReader()
      readline.setPrompt(question)
      readline.prompt()
      const { done, value } = await unlessAborted(lines.next(), signal).catch((error: unknown) => {
        say('') // start a new line after the question
        throw error
      })
      if (done !== true) return value.trim()
      say('')
      throw new ConnectFailure('failed', 'the input ended before you answered the question')
    },
    countDown (text, deadline) {
      if (!output.isTTY) {
        say(`${text} (${clock(deadline)} left)`)
        return () => {}
      }
      const draw = () => output.write(`\r${text} ${clock(deadline)}${eraseToEnd}`)
      draw()
      const timer = setInterval(draw, 1_000)
      return () => {
        clearInterval(timer)
        output.write(`\r${eraseToEnd}`)
      }
    },
    close () {
      reader?.readline.close()
      input.pause()
    }
  }

  function openReader () {
    const readline = createInterface({ input, output, terminal: input.isTTY && output.isTTY, historySize: 0 })
    readline.on('SIGINT', onInterrupt)
    // Lines that arrive between questions are kept for the next one.
    return { readline, lines: readline[Symbol.asyncIterator]() }
  }
}

const eraseToEnd = '\u001b[K'

function unlessAborted<T> (promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

function clock (deadline: number): string {
  const seconds = Math.max(0, Math.ceil((deadline - Date.now()) / 1_000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
