import type { FastifyInstance } from 'fastify'
import { CLIENT } from './client.ts'
import { invalidParam } from '../http/pushbullet-error.ts'
import { readFields } from '../http/read-fields.ts'
import type { Users } from '../store/users.ts'

/**
 * Exchanges a code for a token. The client's id and secret are read from the body alone, as documented; a
 * `redirect_uri` is ignored. The errors' exact codes are not known, their envelope is.
 */
export function tokenRoutes (app: FastifyInstance, users: Users): void {
  app.post('/oauth2/token', async (request, reply) => {
    const fields = readFields(request.body)
    if (fields['grant_type'] !== 'authorization_code') throw invalidParam('grant_type')
    if (fields['client_id'] !== CLIENT.id) throw invalidParam('client_id')
    if (fields['client_secret'] !== CLIENT.secret) throw invalidParam('client_secret')
    const user = typeof fields['code'] === 'string' ? users.redeemCode(fields['code']) : undefined
    if (user === undefined) throw invalidParam('code')

    reply.header('cache-control', 'no-store')
    return { access_token: users.grant(user), token_type: 'Bearer' }
  })
}
