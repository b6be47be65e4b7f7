import type { Begun } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'
import { newCall } from '../request-context.ts'
import type { Services } from '../services.ts'
import { beginFailure } from './provider-failure.ts'

const timeoutMs = 25_000

/** Asks for a code that the user enters at the provider. Throws HandshakeFailure. */
export async function beginCode (services: Services, provider: Provider): Promise<{ begun: Begun, expiresAt: Date }> {
  const { oneTimeCode } = provider.handshakes
  if (oneTimeCode === undefined) throw new TypeError(`${provider.id} has no codes`)
  const { expiresAt, ...begun } = await oneTimeCode.begin(newCall(services, timeoutMs))
    .catch((error: unknown) => { throw beginFailure(error, provider) })
  return { begun, expiresAt }
}
