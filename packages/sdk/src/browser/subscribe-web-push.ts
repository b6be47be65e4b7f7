import type { ConnectionDetails, Handshake } from '../generated/contract.ts'
import { CarillonError } from '../api/carillon-error.ts'
import { openClient } from './open-client.ts'
import type { BrowserOptions } from './open-client.ts'
import { toConnection } from './to-connection.ts'

/** What Carillon's own script exports for pages of sites. */
interface SubscribeScript {
  connectBrowser: (options: { token: string, worker: string }) => Promise<Handshake>
}

/**
 * Connects this browser, so that it shows the user's notifications. Call it in a click. `worker` is the URL of a service worker
 * of your site that imports Carillon's. Throws CarillonError `notificationsBlocked` with a text for the user.
 */
export async function subscribeWebPush ({ worker, ...options }: BrowserOptions & { worker: string }): Promise<ConnectionDetails> {
  // First of all, because browsers ask only soon after the click.
  if ('Notification' in window) await Notification.requestPermission()
  const { carillon, token } = await openClient(options)
  const connector = (await carillon.connectors.list()).find(({ kinds }) => kinds.includes('subscribe'))
  if (connector === undefined) throw new CarillonError({ code: 'notFound', detail: 'This Carillon does not connect browsers. Set its variables for Web Push' })
  // The script of the server that sends the messages, so that both fit.
  const address = `${options.baseUrl.replace(/\/+$/, '')}/connect/${connector.provider}/subscribe.js`
  const { connectBrowser }: SubscribeScript = await import(/* @vite-ignore */ /* webpackIgnore: true */ address)
  const handshake = await connectBrowser({ token, worker }).catch((cause: unknown) => {
    throw new CarillonError({ code: 'notificationsBlocked', detail: cause instanceof Error ? cause.message : 'This browser could not subscribe', cause })
  })
  return await toConnection(carillon, handshake)
}
