import type { ConnectionDetails, Handshake } from '../generated/contract.ts'
import { CarillonError } from '../api/carillon-error.ts'
import type { Carillon } from '../carillon.ts'

/** The connection of a handshake that has ended. Throws CarillonError `handshakeFailed` if there is none. */
export async function toConnection (carillon: Carillon, { connectionId, error, status }: Handshake): Promise<ConnectionDetails> {
  if (connectionId !== null) return await carillon.connections.get(connectionId)
  const reason = error ?? status
  throw new CarillonError({ code: 'handshakeFailed', reason, detail: `The account was not connected (${reason}). Start again` })
}
