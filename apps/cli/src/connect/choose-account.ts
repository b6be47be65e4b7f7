import type { Provider } from '@carillon/shared/providers'
import { ConnectFailure } from './connect-failure.ts'
import type { WithUserTimeout } from './user-timeout.ts'
import type { Terminal } from '../terminal.ts'

export interface ChosenAccount {
  /** `nick@host` */
  id: string
  host: string
}

/** The account to connect. Asks for it if it is missing. Undefined if the provider identifies the account itself. */
export async function chooseAccount (
  { name, parseAccount }: Provider, given: string | undefined, terminal: Terminal, withUserTimeout: WithUserTimeout
): Promise<ChosenAccount | undefined> {
  if (parseAccount === undefined) {
    if (given === undefined) return undefined
    throw new ConnectFailure('usage', `${name} takes no account: it connects the account that allows access`)
  }
  const parse = (text: string): ChosenAccount => {
    const { name, host } = parseAccount(text)
    return { id: `${name}@${host}`, host }
  }
  if (given !== undefined) {
    try {
      return parse(given)
    } catch {
      throw new ConnectFailure('usage', `${name} needs an account like nick@host`)
    }
  }
  if (!terminal.isInteractive) throw new ConnectFailure('usage', `name the account at ${name}, like nick@host`)
  return await withUserTimeout(async ({ signal }) => {
    while (true) {
      try {
        return parse(await terminal.ask(`Account at ${name} (nick@host): `, signal))
      } catch (error) {
        if (signal.aborted || error instanceof ConnectFailure) throw error
        terminal.say('That is not an account like nick@host.')
      }
    }
  })
}
