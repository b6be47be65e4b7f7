import { Type } from 'typebox'
import type { Static, TSchema } from 'typebox'
import { nameFault } from '@carillon/shared/names'
import type { Audience } from '@carillon/shared/notifications'
import type { InputFault } from '../problems/problem.ts'

/** Fields that several calls share. */

export const userIdField = Type.String({ minLength: 1, maxLength: 255, description: "The site's own id of the user" })
export const teamIdField = Type.String({ minLength: 1, maxLength: 255, description: "The site's own id of the team" })
export const providerField = Type.String({ minLength: 1, maxLength: 64, description: 'Such as `pushbullet`' })
/** One object with one of three fields, and no union: of a union's faults, half would be about what nobody meant. */
export const audienceField = Type.Unsafe<Audience>(Type.Object({
  userIds: Type.Optional(Type.Array(userIdField, { minItems: 1, maxItems: 10_000, uniqueItems: true, description: 'Users by your ids' })),
  teamIds: Type.Optional(Type.Array(teamIdField, {
    minItems: 1, maxItems: 1_000, uniqueItems: true, description: 'The members of teams by your ids, each through their own connections'
  })),
  everyone: Type.Optional(Type.Literal(true, {
    description: 'Everyone who is connected at this moment; with the scope `notifications:broadcast`'
  }))
}, { additionalProperties: false, minProperties: 1, maxProperties: 1, description: 'Whom to ring' }))
/** What pages call a user or a team. `nameFaults` checks its characters. */
export function nameField (description: string) {
  return Type.String({
    minLength: 1,
    maxLength: 200,
    pattern: '\\S',
    description: `${description}. Control characters, line breaks and characters that change the direction of text are refused`
  })
}

export function nameFaults (path: string, name: string | undefined): InputFault[] {
  const message = name === undefined ? undefined : nameFault(name)
  return message === undefined ? [] : [{ path, message }]
}

export const timeField = Type.String({ format: 'date-time', description: 'RFC 3339' })
export const limitField = Type.Integer({ minimum: 1, maximum: 200, default: 50 })
const cursorBounds = { minLength: 1, maxLength: 256 }
export const cursorField = Type.String({ ...cursorBounds, description: "A list's `nextCursor`" })

export const pageQuery = { limit: Type.Optional(limitField), cursor: Type.Optional(cursorField) }
export const idParams = Type.Object({ id: Type.String() })

export function nullable<Schema extends TSchema> (schema: Schema) {
  return Type.Union([schema, Type.Null()])
}

/** A page of a list. */
export function listOf<Schema extends TSchema> (item: Schema) {
  return Type.Object({
    data: Type.Array(item),
    nextCursor: Type.Union([Type.String(cursorBounds), Type.Null()], { description: 'Give it back as `cursor`; null on the last page' })
  })
}

/** An object that takes no field but its own. */
export function exactly<Fields extends Record<string, TSchema>> (fields: Fields) {
  return Type.Object(fields, { additionalProperties: false })
}

export type Page<Item extends TSchema> = Static<ReturnType<typeof listOf<Item>>>
