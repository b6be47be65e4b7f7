import { Type } from 'typebox'
import type { Static } from 'typebox'
import { publicId } from '@carillon/shared/db'
import { maxCodes, openAwaitedGrant, openNewSecret, openObtainedGrant, openPendingAuthorization } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { sanitizeText } from '@carillon/shared/names'
import type { Grant } from '@carillon/shared/providers'
import { startUrl } from '../../handshakes/handshake-urls.ts'
import { handshakeKinds } from '../../handshakes/kinds.ts'
import type { Services } from '../../services.ts'
import { nullable, timeField } from '../../input/fields.ts'

export const handshakeResponse = Type.Object({
  id: Type.String({ description: '`hsk_…`' }),
  status: Type.Enum(['pending', 'completed', 'failed', 'expired']),
  kind: Type.Enum(handshakeKinds),
  provider: Type.String(),
  userId: Type.String({ description: 'Your id of the user' }),
  teamId: Type.Union([Type.String(), Type.Null()], { description: 'Your id of the team that the user connects for, if any' }),
  account: Type.Union([Type.String(), Type.Null()], { description: 'The account that the request named, if the provider needs one' }),
  startUrl: Type.String({ format: 'uri', description: 'The page that starts the handshake. Send the browser there' }),
  authorizeUrl: Type.Optional(Type.String({ format: 'uri', description: 'For `verifier`: the page that shows the verifier' })),
  redeemUrl: Type.Optional(Type.String({ format: 'uri', description: 'For `code`: the page on which the user enters the code' })),
  code: Type.Optional(Type.String({ description: 'For `code`: the code' })),
  linkUrl: Type.Optional(Type.String({
    format: 'uri', description: 'For `link`: the link that the user opens in the app of the provider. Show it as a QR code too'
  })),
  intervalMs: Type.Optional(Type.Integer({ description: 'For `code`: the least time between two calls of `redeem` that ask the provider' })),
  accountToConfirm: Type.Optional(Type.Object({ name: Type.String() }, {
    title: 'AccountToConfirm',
    description: 'The account that the provider gave access to, while the user has to confirm it. Nothing is connected before that'
  })),
  sentTo: Type.Optional(Type.Object({ name: Type.String() }, {
    title: 'SentTo',
    description: 'For `confirm`: the address that a code was sent to. Nothing is connected before the user brings the code'
  })),
  deviceLinks: Type.Optional(Type.Object({ appUrl: Type.String(), webUrl: Type.String() }, {
    title: 'DeviceLinks',
    description: 'For `confirm`: where the user receives what is sent to the address, if the provider has an app. Show `appUrl` as a QR code too'
  })),
  resendAt: Type.Optional(Type.Union([timeField, Type.Null()], {
    description: 'For `confirm`: when the next code can be sent. Null when no more are sent in this handshake'
  })),
  newSecret: Type.Optional(Type.Object({ label: Type.String(), value: Type.String(), hint: Type.String() }, {
    title: 'NewSecret',
    description: 'A secret that was created for the user, such as one that signs messages. Show it with its `hint`. It is left out ten minutes after connecting'
  })),
  returnTo: nullable(Type.String()),
  connectionId: nullable(Type.String()),
  error: Type.Union([Type.String(), Type.Null()], { description: 'Why the handshake failed: a reason of docs/api.md' }),
  expiresAt: timeField
}, { title: 'Handshake' })

/**
 * What the user of a handshake may see. The code and the URLs of a pending authorization are left out once they are of no use.
 */
export function toHandshakeResponse (services: Services, handshake: Handshake): Static<typeof handshakeResponse> {
  const { vault } = services
  const isPending = handshake.status === 'pending'
  const newSecret = openNewSecret(vault, handshake, services.now())
  const awaited = isPending ? openAwaitedGrant(vault, handshake) : undefined
  const grant = isPending ? openObtainedGrant(vault, handshake) : undefined
  const authorization = isPending && !handshake.isObtained ? openPendingAuthorization(vault, handshake) : undefined
  const { pending, ...publicFields } = authorization ?? { pending: {} }
  return {
    ...toOutcomeResponse(services, handshake),
    ...publicFields,
    ...grant === undefined ? {} : { accountToConfirm: { name: sanitizeText(grant.account.name) } },
    ...awaited === undefined ? {} : toAwaited(services, handshake, awaited),
    ...newSecret !== undefined && { newSecret }
  }
}

/** What an API key may see: neither what the user enters or opens at the provider, nor the user's secrets. */
export function toOutcomeResponse ({ site }: Services, handshake: Handshake): Static<typeof handshakeResponse> {
  const { id, status, kind, provider, userExternalId, team, account, returnTo, connectionId, error, expiresAt } = handshake
  return {
    id: publicId('handshake', id),
    status,
    kind,
    provider,
    userId: userExternalId,
    teamId: team?.externalId ?? null,
    account,
    startUrl: startUrl(site, provider, id),
    returnTo,
    connectionId: connectionId === null ? null : publicId('connection', connectionId),
    error,
    expiresAt: expiresAt.toISOString()
  }
}

function toAwaited (
  { providers }: Services, handshake: Handshake, grant: Grant
): Pick<Static<typeof handshakeResponse>, 'sentTo' | 'deviceLinks' | 'resendAt'> {
  const deviceLinks = providers.get(handshake.provider)?.handshakes.address?.deviceLinks?.(grant)
  return {
    sentTo: { name: sanitizeText(grant.account.name) },
    ...deviceLinks !== undefined && { deviceLinks },
    resendAt: resendTime(handshake)
  }
}

function resendTime ({ codesSent, resendAt }: Handshake): string | null {
  return codesSent >= maxCodes || resendAt === null ? null : resendAt.toISOString()
}
