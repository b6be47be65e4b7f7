import { text } from 'node:stream/consumers'
import type { Grant, Provider } from '@carillon/shared/providers'
import { ConnectFailure } from '../connect-failure.ts'
import { connectByAddress } from './by-address.ts'
import { connectByOneTimeCode } from './by-one-time-code.ts'
import { connectByRedirect } from './by-redirect.ts'
import { connectByVerifier } from './by-verifier.ts'
import type { HandshakeContext } from './handshake-context.ts'
import { createClientRedirect, createCodeRedirect } from './redirects.ts'

/** Uses the handshake that suits a terminal best. `account` is set if the provider needs one; `port` 0 is any free port. */
export async function obtainGrant (
  provider: Provider, { account, port }: { account: string | undefined, port: number }, context: HandshakeContext
): Promise<Grant> {
  const { oneTimeCode, verifier, redirect, code, address } = provider.handshakes
  const { requestContext } = context
  if (oneTimeCode !== undefined) return await connectByOneTimeCode(oneTimeCode, context)
  if (verifier !== undefined && account !== undefined) return await connectByVerifier(verifier, account, context)
  // An address needs no redirect to a port of this machine, which an application may have to register.
  if (address !== undefined) return await connectByAddress(address, context)
  const terminalRedirect = redirect !== undefined
    ? createClientRedirect(redirect, requestContext)
    : code && createCodeRedirect(provider, code, requestContext)
  if (terminalRedirect !== undefined) return await connectByRedirect(provider, terminalRedirect, port, context)
  throw new ConnectFailure('failed', `${provider.name} cannot be connected from a terminal`)
}

/** Reads an access token from standard input, which no list of processes shows, and identifies its account. */
export async function connectByToken (
  provider: Provider, input: NodeJS.ReadStream, { requestContext }: HandshakeContext
): Promise<Grant> {
  if (provider.parseAccount !== undefined) throw new ConnectFailure('usage', `${provider.name} needs more than an access token; connect without --token-stdin`)
  if (input.isTTY) throw new ConnectFailure('usage', '--token-stdin reads from a file or a pipe, because a terminal would show the token')
  const credentials = provider.parseCredentials({ accessToken: (await text(input)).trim() })
  return { credentials, account: await provider.identify(credentials, requestContext) }
}
