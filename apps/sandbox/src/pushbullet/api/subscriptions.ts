import type { FastifyInstance } from 'fastify'
import type { Channels } from './channels.ts'
import type { ListQuery } from '../store/collection.ts'
import { invalidParam, notFound } from '../http/pushbullet-error.ts'
import { readFields, readFlag, readText } from '../http/read-fields.ts'
import { userOf } from '../oauth/access.ts'

export function subscriptionRoutes (app: FastifyInstance, channels: Channels): void {
  app.get<{ Querystring: ListQuery }>('/subscriptions', async (request) => {
    const { page, cursor } = userOf(request).subscriptions.list(request.query)
    return { subscriptions: page, cursor }
  })

  app.post('/subscriptions', async (request) => {
    const found = channels.byTag(readText(readFields(request.body), 'channel_tag') ?? '')
    if (found === undefined) throw invalidParam('channel_tag')
    const { active, created, modified, ...channel } = found.channel
    return channels.subscribe(userOf(request), channel)
  })

  app.post<{ Params: { iden: string } }>('/subscriptions/:iden', async (request) => {
    const muted = readFlag(readFields(request.body), 'muted')
    const subscription = userOf(request).subscriptions.update(request.params.iden, muted === undefined ? {} : { muted })
    if (subscription === undefined) throw notFound()
    return subscription
  })

  app.delete<{ Params: { iden: string } }>('/subscriptions/:iden', async (request) => {
    if (!userOf(request).subscriptions.remove(request.params.iden)) throw notFound()
    return {}
  })
}
