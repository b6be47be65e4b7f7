import type { FastifyInstance } from 'fastify'
import type { Tally } from '../bench/tally.ts'
import type { Inbox } from '../../kit/inbox.ts'
import { recordRequest } from '../../kit/http/recorded-request.ts'
import type { Channels } from './channels.ts'
import { CLIENT, PROVIDER } from '../oauth/client.ts'
import type { ListQuery } from '../store/collection.ts'
import { invalidParam, notFound } from '../http/pushbullet-error.ts'
import { readFields, readFlag, readText, readTexts } from '../http/read-fields.ts'
import type { Fields } from '../http/read-fields.ts'
import { userOf } from '../oauth/access.ts'
import { findTarget } from './push-target.ts'
import type { UserStore } from '../../kit/user-store.ts'
import type { Push } from '../store/objects.ts'
import type { User } from '../store/user.ts'

const CONTENT = {
  note: ['title', 'body'],
  link: ['title', 'body', 'url'],
  file: ['body', 'file_name', 'file_type', 'file_url']
} as const

export function pushRoutes (app: FastifyInstance, users: UserStore<User>, channels: Channels, inbox: Inbox, tally?: Tally): void {
  app.get<{ Querystring: ListQuery }>('/pushes', async (request) => {
    const { page, cursor } = userOf(request).pushes.list(request.query)
    return { pushes: page, cursor }
  })

  app.post('/pushes', async (request) => {
    const sender = userOf(request)
    const fields = readFields(request.body)
    const guid = readText(fields, 'guid')
    if (tally !== undefined && guid !== undefined) {
      const content = readContent(fields)
      return { ...content, guid, iden: tally.take(sender, guid, performance.timeOrigin + performance.now()), active: true }
    }
    const existing = guid === undefined ? undefined : sender.pushes.trace(sender.guids.get(guid) ?? '')
    if (existing !== undefined) return existing

    const content = readContent(fields)
    const deliver = findTarget(sender, fields, users, channels)
    const deliveries = deliver({ ...content, ...(guid !== undefined && { guid }), client_iden: CLIENT.iden })
    const [sent] = deliveries
    if (guid !== undefined && sent !== undefined) sender.guids.set(guid, sent.push.iden)
    const record = recordRequest(request)
    for (const { user, push, isSeen } of deliveries) if (isSeen) inbox.add(PROVIDER, user.account, record, push)
    return sent?.push
  })

  app.post<{ Params: { iden: string } }>('/pushes/:iden', async (request) => {
    const dismissed = readFlag(readFields(request.body), 'dismissed')
    const push = userOf(request).pushes.update(request.params.iden, dismissed === undefined ? {} : { dismissed })
    if (push === undefined) throw notFound()
    return push
  })

  app.delete<{ Params: { iden: string } }>('/pushes/:iden', async (request) => {
    if (!userOf(request).pushes.remove(request.params.iden)) throw notFound()
    return {}
  })

  app.delete('/pushes', async (request) => {
    const { pushes } = userOf(request)
    // Documented as asynchronous: a list right after the response may still contain them.
    setImmediate(() => pushes.removeAll())
    return {}
  })
}

function readContent (fields: Fields): Pick<Push, 'type'> & Partial<Push> {
  const type = readText(fields, 'type')
  if (type !== 'note' && type !== 'link' && type !== 'file') throw invalidParam('type')
  const content = { type, ...readTexts(fields, [...CONTENT[type], 'source_device_iden']) }
  if (type !== 'file') return content
  if (content.file_url === undefined) throw invalidParam('file_url')
  return content.file_type?.startsWith('image/') ? { ...content, image_url: content.file_url } : content
}
