import type { ConnectionDetails } from '../generated/contract.ts'
import { openClient } from './open-client.ts'
import type { BrowserOptions } from './open-client.ts'
import { takeHandshake } from './remembered-handshake.ts'
import { toConnection } from './to-connection.ts'

/** What Carillon adds to the query of the page that the browser returns to. */
const parameters = ['carillon', 'provider', 'reason', 'missing', 'handshake', 'connection']

/**
 * For the mode `redirect`: the connection, if the browser has just come back from a handshake of this tab, or undefined.
 * Removes the outcome from the address of the page. Throws CarillonError `handshakeFailed` if the account was not connected.
 */
export async function resumeConnect (options: BrowserOptions): Promise<ConnectionDetails | undefined> {
  const url = new URL(location.href)
  if (!url.searchParams.has('carillon')) return undefined
  const id = takeHandshake()
  if (id === undefined) return undefined
  for (const name of parameters) url.searchParams.delete(name)
  history.replaceState(history.state, '', url)
  // Anyone can write the query of a link, so the API says how the handshake ended.
  const { carillon } = await openClient(options)
  return await toConnection(carillon, await carillon.handshakes.get(id))
}
