import type { Provider } from '@carillon/shared/providers'
import { ConnectFailure } from './connect-failure.ts'
import type { Patience } from './patience.ts'
import type { Terminal } from './terminal.ts'

export interface ChosenAccount {
  /** `nick@host` */
  id: string
  host: string
}

/** Which account to connect, asked for where it is missing. Undefined where the provider finds out by itself. */
export async function chooseAccount (
  { name, parseAccount }: Provider, given: string | undefined, terminal: Terminal, patience: Patience
): Promise<ChosenAccount | undefined> {
  if (parseAccount === undefined) {
    if (given === undefined) return undefined
    throw new ConnectFailure('usage', `${name} takes no account: it is that of whoever allows access`)
  }
  const parse = (text: string): ChosenAccount => {
    const { name, host } = parseAccount(text)
    return { id: `${name}@${host}`, host }
  }
  if (given !== undefined) {
    try {
      return parse(given)
    } catch {
      throw new ConnectFailure('usage', `${name} wants an account like nick@host`)
    }
  }
  if (!terminal.isInteractive) throw new ConnectFailure('usage', `say which account at ${name}, like nick@host`)
  return await patience(async ({ signal }) => {
    while (true) {
      try {
        return parse(await terminal.ask(`Account at ${name} (nick@host): `, signal))
      } catch (error) {
        if (signal.aborted || error instanceof ConnectFailure) throw error
        terminal.say('That is no account like nick@host.')
      }
    }
  })
}
