import type { ConnectionDetails, Handshake, HandshakeRequest } from '../generated/contract.ts'
import { CarillonError } from '../api/carillon-error.ts'
import { wait } from '../api/wait.ts'
import type { Carillon } from '../carillon.ts'
import { closePopup } from './close-popup.ts'
import { openClient } from './open-client.ts'
import type { BrowserOptions } from './open-client.ts'
import { rememberHandshake } from './remembered-handshake.ts'
import { toConnection } from './to-connection.ts'

export interface ConnectOptions extends BrowserOptions, Omit<HandshakeRequest, 'returnTo'> {
  /** `popup` (the default) keeps this page. `redirect` leaves it: call `resumeConnect` when it is loaded again. */
  mode?: 'popup' | 'redirect'
  /** The page of this site to which the browser returns. The default is this page. */
  returnTo?: string
  /** Ends the wait for the user. */
  signal?: AbortSignal
}

const pollMs = 1_000
const popupFeatures = 'popup,width=600,height=760'
/** In a row, with the popup closed and the user on this page. */
const maxClosedPolls = 3

/**
 * Lets the user connect an account, and resolves with the connection. Call it in a click, before you wait for anything else:
 * otherwise the browser blocks the popup. Throws CarillonError `popupBlocked`, `popupClosed`, or `handshakeFailed` with a reason
 * such as `denied`.
 */
export async function connect (
  { token, baseUrl, mode = 'popup', returnTo = location.href, signal = new AbortController().signal, ...request }: ConnectOptions
): Promise<ConnectionDetails> {
  // First of all, because the permission to open a popup ends soon after the click.
  const popup = mode === 'popup' ? openPopup() : undefined
  let keepPopup = false
  try {
    const { carillon } = await openClient({ token, baseUrl })
    const { id, startUrl } = await carillon.handshakes.create({ ...request, returnTo }, { signal })
    if (!/^https?:/.test(startUrl)) throw new CarillonError({ code: 'unexpectedResponse', detail: 'The page of the handshake has no http URL' })
    if (popup === undefined) return await leavePage(id, startUrl)
    popup.location.replace(startUrl)
    const handshake = await awaitEnd(carillon, id, popup, signal)
    // The popup shows a secret that the user has to store.
    keepPopup = handshake.newSecret !== undefined
    return await toConnection(carillon, handshake)
  } finally {
    // Nothing waits for it, and it never rejects.
    if (popup !== undefined && !keepPopup) closePopup(popup).catch(() => {})
  }
}

function openPopup (): Window {
  const popup = window.open('', '_blank', popupFeatures)
  if (popup === null) throw new CarillonError({ code: 'popupBlocked', detail: 'The browser blocked the popup. Allow popups for this page, or use the mode redirect' })
  // The provider's pages must not navigate this page, which is the opener.
  popup.opener = null
  return popup
}

async function leavePage (handshakeId: string, startUrl: string): Promise<never> {
  rememberHandshake(handshakeId)
  location.assign(startUrl)
  return await new Promise(() => {})
}

/**
 * The API says how the handshake ended: no message of another window is trusted. A provider's page may cut the relation to the
 * popup (Cross-Origin-Opener-Policy), which then looks closed. So it counts as closed only while the user is on this page.
 */
async function awaitEnd (carillon: Carillon, id: string, popup: Window, signal: AbortSignal): Promise<Handshake> {
  for (let closedPolls = 0; ;) {
    const handshake = await carillon.handshakes.get(id, { signal })
    if (handshake.status !== 'pending') return handshake
    closedPolls = popup.closed && document.hasFocus() ? closedPolls + 1 : 0
    if (closedPolls > maxClosedPolls) throw new CarillonError({ code: 'popupClosed', detail: 'The user closed the popup. Start again' })
    await wait(pollMs, signal)
  }
}
