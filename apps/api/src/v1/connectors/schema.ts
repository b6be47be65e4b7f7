import { Type } from 'typebox'
import { exactly, teamIdField } from '../../input/fields.ts'

export const connectorsQuery = exactly({
  teamId: Type.Optional(Type.String({ ...teamIdField, description: 'Your id of the team. The default is the team of the token' }))
})
