import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { Membership } from '@carillon/shared/teams'
import type { Provider } from '@carillon/shared/providers'
import { contactOf } from '../../auth/teams.ts'
import { handshakeKinds } from '../../handshakes/kinds.ts'
import { connectionResponse } from '../connections/response.ts'
import { pullResponse } from '../pulls/response.ts'

export const connectorResponse = Type.Object({
  provider: Type.String(),
  name: Type.String(),
  kinds: Type.Array(Type.Enum(handshakeKinds), { description: 'The kinds of handshake that it supports. The first is the default' }),
  needsAccount: Type.Boolean({ description: 'Whether a handshake requires an `account`, such as `nick@host`' }),
  addressField: Type.Union([Type.Object({
    label: Type.String(),
    placeholder: Type.String(),
    hint: Type.Union([Type.String(), Type.Null()]),
    generateLabel: Type.Union([Type.String(), Type.Null()], { description: 'The text of a button that makes a new address, if there is one' })
  }, { title: 'AddressField' }), Type.Null()], { description: 'The field for the address that the user enters, for the kinds `confirm` and `paste`' }),
  holder: Type.Enum(['user', 'team'], { description: 'Who holds its connections: each user, or a team for all its members' }),
  canManage: Type.Boolean({ description: 'Whether the user can connect and disconnect it' }),
  reason: Type.Union([Type.Enum(['teamRequired', 'notOwner']), Type.Null()], {
    description: 'Why `canManage` is false: no team is chosen, or the user does not own the team. Null when `canManage` is true'
  }),
  contact: Type.Union([Type.String(), Type.Null()], { description: 'The name of the owner of the team, if the user is not the owner' }),
  team: Type.Union([
    Type.Object({ teamId: Type.String(), name: Type.String() }, { title: 'ChosenTeam' }), Type.Null()
  ], { description: 'The chosen team, if teams hold the connections' }),
  accounts: Type.Enum(['one', 'many'], {
    description: 'Whether the user, or the team, connects `one` account, which another account replaces, or `many`'
  }),
  connection: Type.Union([connectionResponse, Type.Null()], { description: 'The first of `connections`' }),
  connections: Type.Array(connectionResponse, { description: 'The connections that are not disconnected, in the order in which they were made' }),
  pull: Type.Union([
    Type.Object({ name: Type.String({ description: 'The data that is read, such as `insights`' }), ...pullResponse.properties }, { title: 'NamedPull' }),
    Type.Null()
  ], { description: 'The status of reading data through the connection. Null if no data is read' })
}, { title: 'Connector' })

export const connectorListResponse = Type.Object({
  returnTo: Type.Union([Type.String(), Type.Null()], { description: 'The URL of your site that the user token was created with, if any' }),
  data: Type.Array(connectorResponse)
}, { title: 'ConnectorList' })

type Access = Pick<Static<typeof connectorResponse>, 'holder' | 'canManage' | 'reason' | 'contact' | 'team'>

/** Whether the user can manage connections of this provider, and who can if not. */
export function toAccessResponse ({ holder }: Provider, membership: Membership | undefined): Access {
  if (holder === 'user') return { holder, canManage: true, reason: null, contact: null, team: null }
  if (membership === undefined) return { holder, canManage: false, reason: 'teamRequired', contact: null, team: null }
  const { team: { externalId, name }, isOwner } = membership
  return {
    holder,
    canManage: isOwner,
    reason: isOwner ? null : 'notOwner',
    contact: isOwner ? null : contactOf(membership.team),
    team: { teamId: externalId, name }
  }
}
