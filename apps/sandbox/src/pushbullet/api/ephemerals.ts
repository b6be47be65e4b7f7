import type { FastifyInstance } from 'fastify'
import type { Inbox } from '../../kit/inbox.ts'
import { recordRequest } from '../../kit/http/recorded-request.ts'
import { PROVIDER } from '../oauth/client.ts'
import { invalidParam, invalidRequest } from '../http/pushbullet-error.ts'
import { readFields } from '../http/read-fields.ts'
import { userOf } from '../oauth/session.ts'

/** Passes something to the user's devices without keeping it. The one call that never took forms. */
export function ephemeralRoutes (app: FastifyInstance, inbox: Inbox): void {
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
