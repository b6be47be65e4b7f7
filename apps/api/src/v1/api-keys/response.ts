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
  expiresAt: Type.Union([timeField, Type.Null()], { description: 'Null: it does not expire' }),
  revokedAt: Type.Union([timeField, Type.Null()], { description: 'Null: it is not revoked' }),
  rotatedAt: Type.Union([timeField, Type.Null()], { description: 'When the present secret replaced an earlier one' }),
  earlierSecretsUntil: Type.Union([timeField, Type.Null()], { description: 'Until when an earlier secret works. Null when none does' }),
  lastUsedAt: Type.Union([timeField, Type.Null()], { description: 'To the minute. Null: it was never used' }),
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
