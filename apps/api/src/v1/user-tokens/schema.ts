import { Type } from 'typebox'
import { exactly, nameField, returnToField, teamIdField, userIdField } from '../../input/fields.ts'

export const userTokenBody = exactly({
  userId: userIdField,
  displayName: Type.Optional(nameField('The display name of the user')),
  teamId: Type.Optional(Type.String({ ...teamIdField, description: 'Your id of the team that the user acts for. The user must be a member' })),
  returnTo: Type.Optional(Type.String({
    ...returnToField, description: `${returnToField.description}. The handshakes of this token return there too`
  })),
  expiresIn: Type.Optional(Type.Integer({ minimum: 60, maximum: 86_400, default: 3_600, description: 'Lifetime in seconds' }))
}, 'UserTokenRequest')

export const revokeParams = Type.Object({ userId: userIdField })
