import type { ConnectionDetails, Handshake } from '../generated/contract.ts'
import { CarillonError } from '../api/carillon-error.ts'
import type { Carillon } from '../carillon.ts'

/** The connection of a handshake that has ended. Throws CarillonError `handshakeFailed` if there is none. */
export async function toConnection (carillon: Carillon, { connectionId, error, status }: Handshake): Promise<ConnectionDetails> {
  if (connectionId !== null) return await carillon.connections.get(connectionId)
  // A user who cancels on the first page leaves the handshake open.
  const reason = error ?? (status === 'pending' ? 'canceled' : status)
  throw new CarillonError({ code: 'handshakeFailed', reason, detail: `The account was not connected (${reason}). Start again` })
}
