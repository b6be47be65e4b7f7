import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { recordRequest } from '../../kit/http/recorded-request.ts'
import type { Inbox } from '../../kit/inbox.ts'
import type { Latency } from '../../kit/latency.ts'
import type { UserStore } from '../../kit/user-store.ts'
import type { Tally } from '../bench/tally.ts'
import { invalidParam } from '../http/pushbullet-error.ts'
import { readFields, readFlag, readText, readTexts } from '../http/read-fields.ts'
import type { Fields } from '../http/read-fields.ts'
import { userOf } from '../oauth/access.ts'
import { CLIENT, PROVIDER } from '../oauth/client.ts'
import type { Push } from '../store/objects.ts'
import type { User } from '../store/user.ts'
import type { Channels } from './channels.ts'
import { collectionRoutes } from './collection-routes.ts'
import { findTarget } from './push-target.ts'

const CONTENT = {
  note: ['title', 'body'],
  link: ['title', 'body', 'url'],
  file: ['body', 'file_name', 'file_type', 'file_url']
} as const

/** In bench mode, pushes are counted instead of kept. */
interface BenchOptions {
  tally: Tally | undefined
  latency: Latency
}

export function pushRoutes (
  app: FastifyInstance, users: UserStore<User>, channels: Channels, inbox: Inbox, { tally, latency }: BenchOptions
): void {
  collectionRoutes(app, 'pushes', (user) => user.pushes, (fields) => {
    const dismissed = readFlag(fields, 'dismissed')
    return dismissed === undefined ? {} : { dismissed }
  })

  app.post('/pushes', async (request) => {
    const sender = userOf(request)
    const fields = readFields(request.body)
    const guid = readText(fields, 'guid')
    if (tally !== undefined && guid !== undefined) {
      const content = readContent(fields)
      const iden = tally.take(sender, guid, performance.timeOrigin + performance.now())
      await sleep(latency.nextMs(), undefined, { ref: false })
      return { ...content, guid, iden, active: true }
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
