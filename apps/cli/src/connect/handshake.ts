import type { Grant, Provider } from '@carillon/shared/providers'
import { connectByOneTimeCode } from './by-one-time-code.ts'
import { connectByRedirect } from './by-redirect.ts'
import { connectByVerifier } from './by-verifier.ts'
import { ConnectFailure } from './connect-failure.ts'
import type { Handshaking } from './handshaking.ts'

/** Uses the kind that suits a terminal best. `account` is set if the provider needs one; `port` 0 is any free port. */
export async function handshake (
  provider: Provider, { account, port }: { account: string | undefined, port: number }, handshaking: Handshaking
): Promise<Grant> {
  const { oneTimeCode, verifier, code } = provider.handshakes
  if (oneTimeCode !== undefined) return await connectByOneTimeCode(oneTimeCode, handshaking)
  if (verifier !== undefined && account !== undefined) return await connectByVerifier(verifier, account, handshaking)
  if (code !== undefined) return await connectByRedirect(provider, code, port, handshaking)
  throw new ConnectFailure('failed', `${provider.name} cannot be connected from a terminal`)
}
