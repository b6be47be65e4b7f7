import type { Begun } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'
import { newCall } from '../request-context.ts'
import type { Services } from '../services.ts'
import { beginFailure } from './provider-failure.ts'

const timeoutMs = 25_000

/** Asks for a page on which the user allows it and reads a verifier off. Throws HandshakeFailure. */
export async function beginVerifier (services: Services, provider: Provider, account: string | undefined): Promise<Begun> {
  const { verifier } = provider.handshakes
  if (verifier === undefined) throw new TypeError(`${provider.id} has no verifiers`)
  const { authorizeUrl, pending } = await verifier.begin(account ?? '', null, newCall(services, timeoutMs))
    .catch((error: unknown) => { throw beginFailure(error, provider) })
  return { authorizeUrl, pending }
}
