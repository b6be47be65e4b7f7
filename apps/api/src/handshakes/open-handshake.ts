import { randomBytes } from 'node:crypto'
import { newId } from '@carillon/shared/db'
import { bindHandshake, createHandshake, sealPendingAuthorization } from '@carillon/shared/handshakes'
import type { Handshake, HandshakeKind, PendingAuthorization } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'
import { chargeOutgoing } from '../outgoing-budget.ts'
import { newRequestContext } from '../request-context.ts'
import type { Services } from '../services.ts'
import { newBrowserSecret } from './browser-binding.ts'
import { toBeginFailure } from './outcome/provider-failure.ts'

export interface HandshakeInput {
  userId: string
  /** Carillon's id of the user's own team, when the team is to hold the connection. */
  teamId?: string | undefined
  kind: HandshakeKind
  account: string | undefined
  returnTo: string | undefined
  /** The generation of the user token that opens it. */
  tokenGeneration: number | undefined
}

const beginTimeoutMs = 25_000

/**
 * The requests that begin a handshake, and those that complete a handshake which can be completed once. An address is charged
 * when the user enters it. A subscription needs none.
 */
const requestsPerHandshake: Record<HandshakeKind, number> = {
  redirect: 2, verifier: 3, code: 2, confirm: 0, paste: 0, link: 1, subscribe: 0
}

/**
 * Opens a handshake and returns its id. A verifier or a code is requested from the provider now. The other kinds request nothing
 * until the user confirms or enters an address. Throws HandshakeFailure, TokensRevokedError, and Problem `tooManyRequests`.
 */
export async function openHandshake (
  services: Services, provider: Provider, { kind, ...input }: HandshakeInput
): Promise<string> {
  const { database, now, vault } = services
  const { userId, account } = input
  await chargeOutgoing(services, { owner: { userId }, provider, account, cost: requestsPerHandshake[kind] })
  const id = newId()
  const { authorization, expiresAt, ...opened } = await begin(services, provider, kind, account)
    .catch((error: unknown) => { throw toBeginFailure(error, provider) })
  const pending = authorization === undefined ? {} : { pending: sealPendingAuthorization(vault, id, authorization) }
  return await createHandshake(database, { id, kind, provider: provider.id, ...input, expiresAt, ...pending, ...opened }, now())
}

/**
 * Opens another handshake like `handshake`, for permissions that the user did not give. It is bound to the browser with `secret`.
 * Throws what `openHandshake` does.
 */
export async function reopenHandshake (
  services: Services, provider: Provider, { userId, team, account, returnTo, tokenGeneration }: Handshake
): Promise<{ id: string, secret: string }> {
  const id = await openHandshake(services, provider, {
    userId,
    teamId: team?.id,
    kind: 'redirect',
    account: account ?? undefined,
    returnTo: returnTo ?? undefined,
    tokenGeneration: tokenGeneration ?? undefined
  })
  const secret = newBrowserSecret()
  await bindHandshake(services.database, { id, browser: secret }, services.now())
  return { id, secret }
}

async function begin (
  services: Services, provider: Provider, kind: HandshakeKind, account: string | undefined
): Promise<{ authorization?: PendingAuthorization, expiresAt?: Date, linkCode?: string }> {
  const { verifier, oneTimeCode, link } = provider.handshakes
  const context = newRequestContext(services, beginTimeoutMs)
  if (kind === 'verifier' && verifier !== undefined) {
    const { authorizeUrl, pending } = await verifier.begin(account ?? '', null, context)
    return { authorization: { authorizeUrl, pending } }
  }
  if (kind === 'code' && oneTimeCode !== undefined) {
    const { expiresAt, ...authorization } = await oneTimeCode.begin(context)
    return { authorization, expiresAt }
  }
  if (kind === 'link' && link !== undefined) {
    const linkCode = randomBytes(24).toString('base64url')
    const { url } = await link.begin(linkCode, context)
    return { authorization: { pending: {}, linkUrl: url }, linkCode }
  }
  if (kind === 'redirect' || kind === 'confirm' || kind === 'paste' || kind === 'subscribe') return {}
  throw new TypeError(`${provider.id} has no handshakes of the kind ${kind}`)
}
