import { Type } from 'typebox'
import { defaultOverlapSeconds, keyStatuses, maxOverlapSeconds } from '@carillon/shared/api-keys'
import { scopes } from '@carillon/shared/db'
import { exactly, nameField, pageQuery, timeField } from '../../input/fields.ts'

export const maxExpirySeconds = 10 * 366 * 24 * 60 * 60

const keyNameField = nameField('What the key is for')
const expiryFields = {
  expiresAt: Type.Optional(Type.Union([timeField, Type.Null()], { description: 'When the key expires: RFC 3339, within ten years. Null: the key does not expire' })),
  expiresIn: Type.Optional(Type.Integer({ minimum: 60, maximum: maxExpirySeconds, description: 'When the key expires, in seconds from now. Do not send it together with `expiresAt`' }))
}

export interface ExpiryInput {
  expiresAt?: string | null
  expiresIn?: number
}

export const apiKeyBody = exactly({
  name: keyNameField,
  scopes: Type.Array(Type.Enum(scopes), { minItems: 1, uniqueItems: true, description: 'What the key may do. Your key must have these scopes too' }),
  ...expiryFields
}, 'ApiKeyRequest')

export const apiKeyUpdateBody = exactly({ name: Type.Optional(keyNameField), ...expiryFields }, 'ApiKeyUpdate')

export const rotationBody = exactly({
  overlapSeconds: Type.Optional(Type.Integer({
    minimum: 0,
    maximum: maxOverlapSeconds,
    default: defaultOverlapSeconds,
    description: 'How long earlier secrets of the key still work. 0: they stop working at once'
  })),
  ...expiryFields
}, 'ApiKeyRotation')

export const apiKeysQuery = exactly({
  status: Type.Optional(Type.Enum(keyStatuses)),
  ...pageQuery
})
