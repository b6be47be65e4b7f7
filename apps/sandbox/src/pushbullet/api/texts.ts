import type { FastifyInstance } from 'fastify'
import type { Inbox } from '../../kit/inbox.ts'
import { recordRequest } from '../../kit/http/recorded-request.ts'
import { PROVIDER } from '../oauth/client.ts'
import type { ListQuery } from '../store/collection.ts'
import { invalidParam, notFound } from '../http/pushbullet-error.ts'
import { readFields, readFlag, readText, readTexts } from '../http/read-fields.ts'
import type { Fields } from '../http/read-fields.ts'
import { userOf } from '../oauth/access.ts'
import type { User } from '../store/user.ts'
import type { Text } from '../store/objects.ts'

export function textRoutes (app: FastifyInstance, inbox: Inbox): void {
  app.get<{ Querystring: ListQuery }>('/texts', async (request) => {
    const { page, cursor } = userOf(request).texts.list(request.query)
    return { texts: page, cursor }
  })

  app.post('/texts', async (request) => {
    const user = userOf(request)
    const text = user.texts.create(readTextMessage(user, readFields(request.body)))
    inbox.add(PROVIDER, user.account, recordRequest(request), { ...text, type: 'text' })
    return text
  })

  app.post<{ Params: { iden: string } }>('/texts/:iden', async (request) => {
    const user = userOf(request)
    const existing = user.texts.get(request.params.iden)
    if (existing === undefined) throw notFound()
    const fields = readFields(request.body)
    const data = { ...existing.data, ...readFields(fields['data']) }
    return user.texts.update(existing.iden, readTextMessage(user, { ...fields, data }))
  })

  app.delete<{ Params: { iden: string } }>('/texts/:iden', async (request) => {
    if (!userOf(request).texts.remove(request.params.iden)) throw notFound()
    return {}
  })
}

function readTextMessage (user: User, fields: Fields): Text {
  const data = readFields(fields['data'])
  const { target_device_iden: device, ...texts } = readTexts(data, ['target_device_iden', 'message', 'guid', 'status', 'file_type'])
  if (device === undefined || user.devices.get(device) === undefined) throw invalidParam('target_device_iden')
  const addresses: unknown = data['addresses']
  if (!Array.isArray(addresses) || addresses.length === 0 || !addresses.every(isText)) throw invalidParam('addresses')
  const fileUrl = readText(fields, 'file_url')
  const skipDeleteFile = readFlag(fields, 'skip_delete_file')
  return {
    data: { target_device_iden: device, addresses, ...texts },
    ...(fileUrl !== undefined && { file_url: fileUrl }),
    ...(skipDeleteFile !== undefined && { skip_delete_file: skipDeleteFile })
  }
}

function isText (value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
