import type { FastifyInstance } from 'fastify'
import { invalidParam } from '../http/pushbullet-error.ts'
import { readFields, readFlag, readTexts } from '../http/read-fields.ts'
import type { Fields } from '../http/read-fields.ts'
import { userOf } from '../oauth/access.ts'
import type { Device } from '../store/objects.ts'
import { collectionRoutes } from './collection-routes.ts'

const TEXTS = ['nickname', 'model', 'manufacturer', 'push_token', 'fingerprint', 'key_fingerprint'] as const
const ICONS = new Set(['desktop', 'browser', 'website', 'laptop', 'tablet', 'phone', 'watch', 'system'])

export function deviceRoutes (app: FastifyInstance): void {
  collectionRoutes(app, 'devices', (user) => user.devices, readDevice)

  app.post('/devices', async (request) => {
    const fields = readDevice(readFields(request.body))
    const generatedNickname = [fields.manufacturer, fields.model].filter(Boolean).join(' ')
    return userOf(request).devices.create({ icon: 'system', generated_nickname: generatedNickname, ...fields })
  })
}

function readDevice (fields: Fields): Device {
  const device: Device = readTexts(fields, TEXTS)
  const { icon } = readTexts(fields, ['icon'])
  if (icon !== undefined) {
    if (!ICONS.has(icon)) throw invalidParam('icon')
    device.icon = icon
  }
  const hasSms = readFlag(fields, 'has_sms')
  if (hasSms !== undefined) device.has_sms = hasSms
  const appVersion = Number(fields['app_version'] || 0)
  if (!Number.isSafeInteger(appVersion)) throw invalidParam('app_version')
  if (appVersion > 0) device.app_version = appVersion
  return device
}
