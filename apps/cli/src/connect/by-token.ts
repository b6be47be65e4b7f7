import { text } from 'node:stream/consumers'
import type { Grant, Provider } from '@carillon/shared/providers'
import { ConnectFailure } from './connect-failure.ts'
import type { Handshaking } from './handshaking.ts'

/** Reads an access token from standard input, which no list of processes shows, and finds out whose it is. */
export async function connectByToken (provider: Provider, input: NodeJS.ReadStream, { call }: Handshaking): Promise<Grant> {
  if (provider.parseAccount !== undefined) throw new ConnectFailure('usage', `${provider.name} needs more than an access token; connect without --token-stdin`)
  if (input.isTTY) throw new ConnectFailure('usage', '--token-stdin reads from a file or a pipe, because a terminal would show the token')
  const credentials = provider.parseCredentials({ accessToken: (await text(input)).trim() })
  return { credentials, account: await provider.identify(credentials, call) }
}
