import { createHandshake, sealBegun } from '@carillon/shared/handshakes'
import type { Begun, HandshakeKind } from '@carillon/shared/handshakes'
import { newId } from '@carillon/shared/db'
import type { Provider } from '@carillon/shared/providers'
import { chargeOutgoing } from '../outgoing-budget.ts'
import type { Services } from '../services.ts'
import { beginCode } from './begin-code.ts'
import { beginVerifier } from './begin-verifier.ts'

export interface Wish {
  userId: string
  /** Carillon's id of the user's own team, where that is to hold the connection. */
  teamId?: string | undefined
  kind: HandshakeKind
  account: string | undefined
  returnTo: string | undefined
}

/**
 * Opens a handshake and answers its id. Where the user needs something of the provider's for their part (an address, a code),
 * the provider is asked now; a redirect asks it when the user has confirmed. Throws HandshakeFailure, and Problem
 * `tooManyRequests`.
 */
export async function openHandshake (services: Services, provider: Provider, { kind, ...wish }: Wish): Promise<string> {
  const { database, now, vault } = services
  const { userId, account } = wish
  await chargeOutgoing(services, { holder: { userId }, provider, account, cost: requestsPerHandshake[kind] })
  const id = newId()
  const { begun, expiresAt } = await begin(services, provider, kind, wish.account)
  return await createHandshake(database, {
    id, kind, provider: provider.id, ...wish, expiresAt, ...begun === undefined ? {} : { pending: sealBegun(vault, id, begun) }
  }, now())
}

/** Those that begin it, and those that end a handshake which can be ended once. */
const requestsPerHandshake: Record<HandshakeKind, number> = { redirect: 2, verifier: 3, code: 2 }

async function begin (
  services: Services, provider: Provider, kind: HandshakeKind, account: string | undefined
): Promise<{ begun?: Begun, expiresAt?: Date }> {
  if (kind === 'verifier') return { begun: await beginVerifier(services, provider, account) }
  return kind === 'code' ? await beginCode(services, provider) : {}
}
