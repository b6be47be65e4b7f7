import type { FastifyInstance } from 'fastify'
import { invalidParam } from '../http/pushbullet-error.ts'
import { readFields, readMuted, readText } from '../http/read-fields.ts'
import { userOf } from '../oauth/access.ts'
import type { Channels } from './channels.ts'
import { collectionRoutes } from './collection-routes.ts'

export function subscriptionRoutes (app: FastifyInstance, channels: Channels): void {
  collectionRoutes(app, 'subscriptions', (user) => user.subscriptions, readMuted)

  app.post('/subscriptions', async (request) => {
    const found = channels.byTag(readText(readFields(request.body), 'channel_tag') ?? '')
    if (found === undefined) throw invalidParam('channel_tag')
    const { active, created, modified, ...channel } = found.channel
    return channels.subscribe(userOf(request), channel)
  })
}
