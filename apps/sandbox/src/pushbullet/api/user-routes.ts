import type { FastifyInstance } from 'fastify'
import { recordRequest } from '../../kit/http/recorded-request.ts'
import type { Inbox } from '../../kit/inbox.ts'
import { invalidParam, invalidRequest } from '../http/pushbullet-error.ts'
import { readFields } from '../http/read-fields.ts'
import { userOf } from '../oauth/access.ts'
import { PROVIDER } from '../oauth/client.ts'
import { MAX_UPLOAD_BYTES } from './uploads.ts'

/** The account itself, and ephemerals, which go to its devices and are not stored. */
export function userRoutes (app: FastifyInstance, inbox: Inbox): void {
  app.get('/users/me', async (request) => {
    const user = userOf(request)
    return {
      iden: user.iden,
      created: user.created,
      modified: user.created,
      email: user.email,
      email_normalized: user.emailNormalized,
      name: user.name,
      image_url: `https://pushbullet.example/users/${user.iden}.png`,
      max_upload_size: MAX_UPLOAD_BYTES
    }
  })

  app.post('/ephemerals', async (request) => {
    const { account } = userOf(request)
    if (!request.headers['content-type']?.startsWith('application/json')) throw invalidRequest('Ephemerals are taken as JSON only.')
    const { type, push } = readFields(request.body)
    if (type !== 'push') throw invalidParam('type')
    if (typeof push !== 'object' || push === null) throw invalidParam('push')
    inbox.add(PROVIDER, account, recordRequest(request), { type: 'ephemeral', push })
    return {}
  })
}
