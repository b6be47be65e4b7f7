import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { InputError } from '../problems/problem.ts'
import { isMoment } from '../input/is-moment.ts'
import { compileItem } from '../input/validation.ts'
import { exactly, providerField, timeField, userIdField } from '../input/fields.ts'

/** A connection to import. */
export const importItem = exactly({
  userId: userIdField,
  provider: providerField,
  credentials: Type.Object({
    accessToken: Type.Optional(Type.String({ minLength: 1, maxLength: 4_096 })),
    refreshToken: Type.Optional(Type.String({ minLength: 1, maxLength: 4_096 }))
  }, { title: 'ImportedCredentials', additionalProperties: true, description: 'The credentials as the provider issued them. Which members they have depends on the provider' }),
  account: Type.Optional(exactly({
    id: Type.String({ minLength: 1, maxLength: 500 }), name: Type.String({ minLength: 1, maxLength: 500 })
  }, 'ImportedAccount')),
  expiresAt: Type.Optional(Type.String({ ...timeField, description: 'When the access token expires: RFC 3339, from 1970 to 9999' }))
}, 'ImportItem')

export type ImportItem = Static<typeof importItem>

/** Validates an item. Returns it, or its first error. */
export function readImportItem (value: unknown): { item: ImportItem } | { fault: InputError } {
  const fault = findFault(value)
  if (fault !== undefined) return { fault }
  const item = value as ImportItem // it has passed the schema
  return item.expiresAt === undefined || isMoment(item.expiresAt)
    ? { item }
    : { fault: { path: 'expiresAt', message: 'must be a moment from 1970 to 9999' } }
}

const findFault = compileItem(importItem)
