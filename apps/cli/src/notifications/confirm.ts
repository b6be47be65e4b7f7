import type { CommandContext } from '../command-context.ts'
import { createTerminal } from '../connect/terminal.ts'
import { ExitError } from '../exit-error.ts'
import type { Interruption } from './interruption.ts'

/** Asks whether to go on. Throws ExitError when the answer is no, and when there is nobody to ask. */
export async function confirm (
  { terminal: streams }: Pick<CommandContext, 'terminal'>, question: string, { signal, interrupt }: Interruption
): Promise<void> {
  if (!streams.input.isTTY || !streams.output.isTTY) throw new ExitError(`${question} Say --yes where nobody can be asked; nothing is sent`, 2)
  const terminal = createTerminal(streams, interrupt)
  try {
    const answer = await terminal.ask(`${question} [y/N] `, signal)
    if (!/^y(es)?$/i.test(answer)) throw new ExitError('nothing is sent', 1)
  } finally {
    terminal.close()
  }
}
