import type { FastifyInstance } from 'fastify'
import { formOf } from '../../kit/http/parameters.ts'
import { tokenEndpoint } from '../../kit/oauth/token-endpoint.ts'
import { invalidParam } from '../http/pushbullet-error.ts'
import { readFields } from '../http/read-fields.ts'
import type { Access } from './access.ts'
import { CLIENT } from './client.ts'

/**
 * Like Pushbullet, the endpoint reads id and secret from the body only, and ignores `redirect_uri`. The envelope of its errors
 * is known, and their exact codes are not.
 */
export function tokenRoutes (app: FastifyInstance, { codes, issueToken }: Access): void {
  tokenEndpoint(app, {
    path: '/oauth2/token',

    parametersOf (request) {
      readFields(request.body)
      return formOf(request)
    },

    grantTypes: {
      authorization_code (fields) {
        if (fields.get('client_id') !== CLIENT.id) throw invalidParam('client_id')
        if (fields.get('client_secret') !== CLIENT.secret) throw invalidParam('client_secret')
        const code = codes.redeem(fields.get('code') ?? '')
        if (code === undefined) throw invalidParam('code')
        return { access_token: issueToken(code.account), token_type: 'Bearer' }
      }
    },

    unsupported: () => invalidParam('grant_type')
  })
}
