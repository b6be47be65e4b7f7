import { publicId } from '@carillon/shared/db'
import type { Site } from '../services.ts'

/** The page on which a browser starts a handshake. */
export function startUrl ({ publicUrl }: Site, provider: string, handshakeId: string): string {
  return `${publicUrl}/connect/${provider}/start?handshake=${publicId('handshake', handshakeId)}`
}

/** The page on which the user confirms the account. */
export function accountUrl ({ publicUrl }: Site, provider: string, handshakeId: string): string {
  return `${publicUrl}/connect/${provider}/account?handshake=${publicId('handshake', handshakeId)}`
}

/** The page of the link in a confirmation message. */
export function confirmationUrl ({ publicUrl }: Site, provider: string, handshakeId: string, link: string): string {
  return `${publicUrl}/connect/${provider}/confirm?handshake=${publicId('handshake', handshakeId)}&link=${link}`
}

/** The redirect URI that is registered with the provider. */
export function callbackUrl ({ publicUrl }: Site, provider: string): string {
  return `${publicUrl}/connect/${provider}/callback`
}
