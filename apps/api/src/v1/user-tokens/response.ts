import { Type } from 'typebox'
import { timeField } from '../../input/fields.ts'

export const userTokenResponse = Type.Object({
  token: Type.String({ description: 'A bearer token for this user' }),
  expiresAt: timeField,
  connectUrl: Type.String({
    format: 'uri', description: 'The page on which the user connects accounts. The token is in the fragment, which browsers do not send'
  })
}, { title: 'UserToken' })

export const tokenRevocationResponse = Type.Object({
  userId: Type.String({ description: 'Your id of the user' }),
  failedHandshakes: Type.Integer({ description: 'How many open handshakes of the user failed with the reason `tokensRevoked`' })
}, { title: 'TokenRevocation' })
