import type { FastifyInstance } from 'fastify'
import { recordRequest } from '../../kit/http/recorded-request.ts'
import type { Inbox } from '../../kit/inbox.ts'
import { invalidParam } from '../http/pushbullet-error.ts'
import { readFields, readFlag, readText, readTexts } from '../http/read-fields.ts'
import type { Fields } from '../http/read-fields.ts'
import { userOf } from '../oauth/access.ts'
import { PROVIDER } from '../oauth/client.ts'
import type { Text } from '../store/objects.ts'
import type { User } from '../store/user.ts'
import { collectionRoutes } from './collection-routes.ts'

export function textRoutes (app: FastifyInstance, inbox: Inbox): void {
  collectionRoutes(app, 'texts', (user) => user.texts, (fields, { data }, user) => {
    return readTextMessage(user, { ...fields, data: { ...data, ...readFields(fields['data']) } })
  })

  app.post('/texts', async (request) => {
    const user = userOf(request)
    const text = user.texts.create(readTextMessage(user, readFields(request.body)))
    inbox.add(PROVIDER, user.account, recordRequest(request), { ...text, type: 'text' })
    return text
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
