import type { Browser, Page } from '../browser.ts'
import type { Site } from './site-types.ts'

export interface HandshakeResponse {
  id: string
  provider: string
  status: 'pending' | 'completed' | 'failed' | 'expired'
  kind: string
  startUrl: string
  authorizeUrl?: string
  redeemUrl?: string
  code?: string
  linkUrl?: string
  accountToConfirm?: { name: string }
  connectionId: string | null
  error: string | null
}

/** An open handshake, with functions that act as its user. */
export interface OpenedHandshake extends HandshakeResponse {
  token: string
  look: () => Promise<HandshakeResponse>
}

/** The user's actions at the provider: the account they use, and their decision. */
export interface Decision {
  account: string
  answer: 'allow' | 'deny'
  /** What the user enters for the account, where the account is an address. */
  address?: string
  /** A single permission that the user declines, where the provider allows a choice. */
  decline?: string
}

/** One way to connect an account, performed as its user would: in a browser, or with a frontend that calls the API. */
export interface WayIn {
  name: string
  kind: 'redirect' | 'verifier' | 'code' | 'link' | 'confirm' | 'paste' | 'subscribe'
  /** Performs the user's steps from an open handshake to its end. Returns the last page, if there is one. */
  walk: (site: Site, handshake: OpenedHandshake, decision: Decision, browser?: Browser) => Promise<Page | undefined>
}

export async function openHandshake (
  { api, mintToken }: Site, userId: string, input: { provider: string, kind?: string, account?: string, teamId?: string }
): Promise<OpenedHandshake> {
  const token = await mintToken(userId)
  const opened = await api<HandshakeResponse>('POST', '/v1/handshakes', { token, body: input })
  return { ...opened, token, look: () => api('GET', `/v1/handshakes/${opened.id}`, { token }) }
}
