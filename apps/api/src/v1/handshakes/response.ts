import { Type } from 'typebox'
import type { Static } from 'typebox'
import { openBegun, openObtainedGrant } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { publicId } from '@carillon/shared/db'
import { shownName } from '@carillon/shared/names'
import { startUrl } from '../../handshakes/addresses.ts'
import { handshakeKinds } from '../../handshakes/kinds.ts'
import type { Services } from '../../services.ts'
import { nullable, timeField } from '../fields.ts'

export const shownHandshake = Type.Object({
  id: Type.String({ description: '`hsk_…`' }),
  status: Type.Enum(['pending', 'completed', 'failed', 'expired']),
  kind: Type.Enum(handshakeKinds),
  provider: Type.String(),
  teamId: Type.Union([Type.String(), Type.Null()], { description: "The site's own id of the team that is connected for, where it is one" }),
  account: Type.Union([Type.String(), Type.Null()], { description: 'As it was named, where the provider needs one' }),
  startUrl: Type.String({ format: 'uri', description: 'Send the browser there; it has a page for each kind' }),
  authorizeUrl: Type.Optional(Type.String({ format: 'uri', description: 'For `verifier`: the page that shows it' })),
  redeemUrl: Type.Optional(Type.String({ format: 'uri', description: 'For `code`: the page on which the user enters it' })),
  code: Type.Optional(Type.String({ description: 'For `code`' })),
  intervalMs: Type.Optional(Type.Integer({ description: 'For `code`: how often it is worth asking' })),
  accountToConfirm: Type.Optional(Type.Object({ name: Type.String() }, {
    description: 'The account that the provider gave access to, while it waits for the user to confirm it. Nothing is connected before that'
  })),
  returnTo: nullable(Type.String()),
  connectionId: nullable(Type.String()),
  error: Type.Union([Type.String(), Type.Null()], { description: 'Why it failed: a reason of docs/api.md' }),
  expiresAt: timeField
})

/** What its user is told of a handshake. What has been begun is shown for as long as it is of use. */
export function toShownHandshake ({ vault, site }: Services, handshake: Handshake): Static<typeof shownHandshake> {
  const { id, status, kind, provider, team, account, returnTo, connectionId, error, expiresAt } = handshake
  const obtained = status === 'pending' ? openObtainedGrant(vault, handshake) : undefined
  const { pending, ...begun } = (status === 'pending' && !handshake.isObtained ? openBegun(vault, handshake) : undefined) ?? { pending: {} }
  return {
    id: publicId('handshake', id),
    status,
    kind,
    provider,
    teamId: team?.externalId ?? null,
    account,
    startUrl: startUrl(site, provider, id),
    ...begun,
    ...obtained === undefined ? {} : { accountToConfirm: { name: shownName(obtained.account.name) } },
    returnTo,
    connectionId: connectionId === null ? null : publicId('connection', connectionId),
    error,
    expiresAt: expiresAt.toISOString()
  }
}
