import { ConfigError } from '@carillon/shared/config'
import type { Provider } from '@carillon/shared/providers'
import { printable } from '../printable.ts'
import { ConnectFailure } from './connect-failure.ts'
import type { TerminalProviders } from './terminal-providers.ts'

/** The provider with this id. Throws an error that says what to do instead, if a terminal cannot connect it. */
export function chooseProvider (
  id: string, { definitions, errors, providers, connectPage }: Omit<TerminalProviders, 'simulators' | 'http'>
): Provider {
  const definition = definitions.find((one) => one.id === id)
  if (definition === undefined) {
    // A file with an error defines nothing, so the provider may be in it.
    if (errors.length > 0) throw new ConfigError([...errors])
    const ids = definitions.filter(({ terminal }) => terminal !== undefined).map((one) => one.id)
    throw new ConnectFailure('usage', `there is no provider ${printable(id)}; a terminal can connect ${ids.join(', ')}`)
  }
  const { name, terminal, noTerminal, required } = definition
  if (terminal === undefined) {
    throw new ConnectFailure('usage', `${name} cannot be connected in a terminal${noTerminal === undefined ? '' : `: ${noTerminal}`}. ` +
      `Connect it on the connect page, ${connectPage}, with the link that POST /v1/user-tokens returns as connectUrl`)
  }
  const provider = providers.get(id)
  if (provider === undefined) throw new ConnectFailure('failed', `${name} is not configured: set ${required.join(' and ')}`)
  return provider
}
