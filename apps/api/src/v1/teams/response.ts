import { Type } from 'typebox'

export const teamResponse = Type.Object({
  id: Type.String({ description: '`tea_…`' }),
  teamId: Type.String({ description: 'Your id of the team' }),
  name: Type.String(),
  ownerId: Type.String({ description: 'Your id of the owner' }),
  memberIds: Type.Array(Type.String(), { description: 'Your ids of all members, including the owner' })
}, { title: 'Team' })
