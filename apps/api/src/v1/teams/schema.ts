import { Type } from 'typebox'
import { exactly, nameField, teamIdField, userIdField } from '../../input/fields.ts'

export const teamParams = Type.Object({ teamId: teamIdField })

export const teamBody = exactly({
  name: nameField('The display name of the team'),
  ownerId: Type.String({ ...userIdField, description: 'Your id of the user who owns the team: only the owner connects and disconnects for it. The owner is always a member' }),
  memberIds: Type.Array(userIdField, {
    maxItems: 5_000, uniqueItems: true, description: 'Your ids of all members. Users who are not in the list leave the team'
  })
}, 'TeamRequest')
