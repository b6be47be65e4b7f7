import { keyStatus, overlapEnd } from '@carillon/shared/api-keys'
import type { ApiKey } from '@carillon/shared/api-keys'
import { publicId } from '@carillon/shared/db'
import { moment } from '../notifications/output/format.ts'
import { table } from '../notifications/output/table.ts'
import { printable } from '../printable.ts'

export function keyTable (keys: ApiKey[], now: number): string[] {
  return table([
    ['ID', 'CREATED', 'LAST USED', 'EXPIRES', 'NAME', 'SCOPES'],
    ...keys.map((key) => [
      publicId('apiKey', key.id), timeOf(key.createdAt), key.lastUsedAt === null ? 'never' : timeOf(key.lastUsedAt), expiryOf(key, now),
      printable(key.name), key.revokedAt === null ? key.scopes.join(', ') : `revoked ${timeOf(key.revokedAt)}`
    ])
  ])
}

/** A key as `keys list --json` prints it, in the format of the API. */
export function toKeyJson ({ version, ...key }: ApiKey, now: number): object {
  return { ...key, id: publicId('apiKey', key.id), status: keyStatus(key, now), earlierSecretsUntil: overlapEnd(key, now) }
}

function expiryOf (key: ApiKey, now: number): string {
  if (key.expiresAt === null) return 'never'
  return keyStatus(key, now) === 'expired' ? `expired ${timeOf(key.expiresAt)}` : timeOf(key.expiresAt)
}

function timeOf (time: Date): string {
  return moment(time.toISOString())
}
