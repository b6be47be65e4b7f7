import { Type } from 'typebox'
import type { Static } from 'typebox'
import { keyStatus, keyStatuses, overlapEnd } from '@carillon/shared/api-keys'
import type { ApiKey } from '@carillon/shared/api-keys'
import { publicId, scopes } from '@carillon/shared/db'
import { timeField } from '../../input/fields.ts'

export const apiKeyResponse = Type.Object({
  id: Type.String({ description: '`key_…`' }),
  name: Type.String(),
  scopes: Type.Array(Type.Enum(scopes)),
  status: Type.Enum(keyStatuses),
  createdAt: timeField,
  expiresAt: Type.Union([timeField, Type.Null()], { description: 'Null: the key does not expire' }),
  revokedAt: Type.Union([timeField, Type.Null()], { description: 'Null: the key is not revoked' }),
  rotatedAt: Type.Union([timeField, Type.Null()], { description: 'When the key got its present secret. Null: it was never rotated' }),
  earlierSecretsUntil: Type.Union([timeField, Type.Null()], { description: 'When the last earlier secret stops working. Null: no earlier secret works' }),
  lastUsedAt: Type.Union([timeField, Type.Null()], { description: 'To the minute. Null: the key was never used' }),
  lastUsedFrom: Type.Union([Type.String(), Type.Null()], { description: 'The network of that request: an IPv4 address or an IPv6 /64' })
}, { title: 'ApiKey' })

export const apiKeyWithKeyResponse = Type.Object({
  ...apiKeyResponse.properties,
  key: Type.String({ description: '`ck_…`: the key itself. It is not part of any later response' })
}, { title: 'ApiKeyWithKey' })

export function toApiKeyResponse (apiKey: ApiKey, now: number): Static<typeof apiKeyResponse> {
  const { id, name, scopes, createdAt, expiresAt, revokedAt, rotatedAt, lastUsedAt, lastUsedFrom } = apiKey
  return {
    id: publicId('apiKey', id),
    name,
    scopes,
    status: keyStatus(apiKey, now),
    createdAt: createdAt.toISOString(),
    expiresAt: textOf(expiresAt),
    revokedAt: textOf(revokedAt),
    rotatedAt: textOf(rotatedAt),
    earlierSecretsUntil: textOf(overlapEnd(apiKey, now)),
    lastUsedAt: textOf(lastUsedAt),
    lastUsedFrom
  }
}

function textOf (time: Date | null): string | null {
  return time?.toISOString() ?? null
}
