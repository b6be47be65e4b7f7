import { takeNotice } from '@carillon/shared/connections'
import type { NewNotice } from '@carillon/shared/connections'
import { publicId } from '@carillon/shared/db'
import { skipWaiting } from '@carillon/shared/deliveries'
import { ProviderError } from '@carillon/shared/providers'
import type { Notices, Provider } from '@carillon/shared/providers'
import { Problem } from '../problems/problem.ts'
import type { Services } from '../services.ts'

export interface SignedNotice {
  kind: NewNotice['kind']
  /** As the provider sent and signed it. */
  signed: string
}

/**
 * Closes the connections that a provider's notice is about, and returns its confirmation code. The same notice counts once.
 * Throws Problem `badRequest` when the signature is wrong.
 */
export async function handleNotice (
  { database, log }: Services, provider: Provider, notices: Notices, { kind, signed }: SignedNotice
): Promise<string> {
  const notice = verify()
  const { code, closed } = await takeNotice(database, { provider: provider.id, kind, ...notice })
  for (const id of closed) await skipWaiting(database, id)
  log.info({ provider: provider.id, kind, connectionIds: closed.map((id) => publicId('connection', id)) }, 'handled a notice')
  return code

  function verify () {
    try {
      return notices.read(signed)
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error
      log.warn({ provider: provider.id, kind, reason: error.failure.reason }, 'refused a notice')
      throw new Problem('badRequest', error.failure.reason)
    }
  }
}
