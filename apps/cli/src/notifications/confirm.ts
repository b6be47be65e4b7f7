import type { CommandContext } from '../command-context.ts'
import { createTerminal } from '../terminal.ts'
import { ExitError } from '../exit-error.ts'
import type { Interruption } from './interruption.ts'

/** Asks for confirmation. Throws ExitError if the user declines, or if there is no terminal, with what did not happen. */
export async function confirm (
  { terminal: streams }: Pick<CommandContext, 'terminal'>, question: string, { signal, interrupt }: Interruption,
  nothing = 'nothing was sent'
): Promise<void> {
  if (!streams.input.isTTY || !streams.output.isTTY) throw new ExitError(`${question} Without a terminal this requires --yes; ${nothing}`, 2)
  const terminal = createTerminal(streams, interrupt)
  try {
    const answer = await terminal.ask(`${question} [y/N] `, signal)
    if (!/^y(es)?$/i.test(answer)) throw new ExitError(nothing, 1)
  } finally {
    terminal.close()
  }
}
