import { text } from 'node:stream/consumers'
import type { Grant, Provider } from '@carillon/shared/providers'
import { ConnectFailure } from './connect-failure.ts'
import type { Handshaking } from './handshaking.ts'

/** Takes an access token from standard input, where it is neither shown nor in the list of processes, and asks whose it is. */
export async function connectByToken (provider: Provider, input: NodeJS.ReadStream, { call }: Handshaking): Promise<Grant> {
  if (provider.parseAccount !== undefined) throw new ConnectFailure('usage', `an access token is not all that ${provider.name} needs`)
  if (input.isTTY) throw new ConnectFailure('usage', '--token-stdin reads from a file or a pipe: a terminal would show the token')
  const credentials = provider.parseCredentials({ accessToken: (await text(input)).trim() })
  return { credentials, account: await provider.identify(credentials, call) }
}
