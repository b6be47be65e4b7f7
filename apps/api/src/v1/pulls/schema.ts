import { Type } from 'typebox'
import type { Static } from 'typebox'
import { exactly, pageQuery, providerField, teamIdField } from '../../input/fields.ts'

const nameField = Type.String({ minLength: 1, maxLength: 64, description: 'The data that is read: `insights`' })
export const teamPullParams = Type.Object({ teamId: teamIdField, provider: providerField, name: nameField })
export const connectionPullParams = Type.Object({ id: Type.String(), name: nameField })
/** The database has no year 0. */
const dayField = (description: string) => Type.Optional(Type.String({ format: 'date', pattern: '^(?!0000)', description }))
export const insightsQuery = exactly({
  since: dayField('The first day'),
  until: dayField('The last day, included'),
  account: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Only this ad account, such as `act_123`' })),
  ...pageQuery
})

export type InsightsQuery = Static<typeof insightsQuery>
