import { createInterface } from 'node:readline'
import type { Interface } from 'node:readline'
import type { CommandContext } from '../command-context.ts'
import { ConnectFailure } from './connect-failure.ts'

export interface Terminal {
  /** Whether somebody sits there who can be asked. */
  readonly isInteractive: boolean
  say: (line: string) => void
  /**
   * Resolves to the next line without the blanks around it. Rejects with the signal's reason, or with ConnectFailure at the
   * end of the input.
   */
  ask: (question: string, signal: AbortSignal) => Promise<string>
  /** Shows how much time is left, on one line of its own, until the returned function is called. */
  countDown: (text: string, deadline: number) => () => void
  /** Leaves the terminal as it was. */
  close: () => void
}

/** `onInterrupt` hears of a Ctrl-C while a question is open: the terminal sends no signal then. */
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
        say('') // what comes next does not belong on the line of the question
        throw error
      })
      if (done !== true) return value.trim()
      say('')
      throw new ConnectFailure('failed', 'the input ended before the question was answered')
    },
    countDown (text, deadline) {
      if (!output.isTTY) {
        say(`${text} (${clock(deadline)} left)`)
        return () => {}
      }
      const draw = () => output.write(`\r${text} ${clock(deadline)}${eraseRest}`)
      draw()
      const timer = setInterval(draw, 1_000)
      return () => {
        clearInterval(timer)
        output.write(`\r${eraseRest}`)
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
    // Lines that come while nobody asks are kept for the next question.
    return { readline, lines: readline[Symbol.asyncIterator]() }
  }
}

const eraseRest = '\u001b[K'

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
