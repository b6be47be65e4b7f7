import { Type } from 'typebox'
import type { TSchema } from 'typebox'
import { nameFault } from '@carillon/shared/names'
import type { Audience } from '@carillon/shared/notifications'
import { exampleProvider } from '@carillon/shared/providers'
import { controlFree } from '../problems/to-problem.ts'
import type { InputError } from '../problems/problem.ts'

/** Ids that the site chose appear on pages and in logs, so they hold no control characters. */
const siteId = { minLength: 1, maxLength: 255, pattern: controlFree }

export const userIdField = Type.String({ ...siteId, description: 'Your id of the user' })
export const teamIdField = Type.String({ ...siteId, description: 'Your id of the team' })
export const providerField = Type.String({ minLength: 1, maxLength: 64, description: `Such as \`${exampleProvider}\`` })
/**
 * An object with one of three fields, which the contract shows as a union. It is validated as one object, because half of a
 * union's errors would be about fields that the caller did not mean.
 */
export const audienceField = Type.Unsafe<Audience>(Type.Object({
  userIds: Type.Optional(Type.Array(userIdField, {
    title: 'To users', minItems: 1, maxItems: 10_000, uniqueItems: true, description: 'Your ids of users'
  })),
  teamIds: Type.Optional(Type.Array(teamIdField, {
    title: 'To teams',
    minItems: 1,
    maxItems: 1_000,
    uniqueItems: true,
    description: 'Your ids of teams. Each member gets the notification through their own connections'
  })),
  everyone: Type.Optional(Type.Literal(true, {
    title: 'To everyone',
    description: 'All users who are connected now. Requires the scope `notifications:broadcast`'
  }))
}, {
  title: 'Audience', additionalProperties: false, minProperties: 1, maxProperties: 1, description: 'The users who get the notification'
}))
/** A display name of a user or a team. `nameErrors` checks its characters. */
export function nameField (description: string) {
  return Type.String({
    minLength: 1,
    maxLength: 200,
    pattern: '\\S',
    description: `${description}. Control characters, line breaks and characters that change the direction of text are not allowed`
  })
}

export function nameErrors (path: string, name: string | undefined): InputError[] {
  const message = name === undefined ? undefined : nameFault(name)
  return message === undefined ? [] : [{ path, message }]
}

export const returnToField = {
  minLength: 1, maxLength: 2_000, description: 'The URL that the browser returns to. Its origin must be one of ALLOWED_ORIGINS'
}
export const timeField = Type.String({ format: 'date-time', description: 'RFC 3339' })
const limitField = Type.Integer({ minimum: 1, maximum: 200, default: 50 })
/** The longest is that of an id of 255 characters. */
const cursorBounds = { minLength: 1, maxLength: 1_024 }
const cursorField = Type.String({ ...cursorBounds, description: 'The `nextCursor` of the previous page' })

export const pageQuery = { limit: Type.Optional(limitField), cursor: Type.Optional(cursorField) }
export const prefixQuery = { prefix: Type.Optional(Type.String({ ...siteId, description: 'Only ids that begin with this text' })) }
export const idParams = Type.Object({ id: Type.String() })

export function nullable<Schema extends TSchema> (schema: Schema) {
  return Type.Union([schema, Type.Null()])
}

/** A page of a list. The contract calls it `<item>List`. */
export function listOf<Schema extends TSchema> (item: Schema) {
  return Type.Object({
    data: Type.Array(item),
    nextCursor: Type.Union([Type.String(cursorBounds), Type.Null()], { description: 'The `cursor` of the next page. Null on the last page' })
  }, { title: `${String(Object(item).title)}List` })
}

/** An object that refuses unknown fields. `title` is its name in the contract, and queries have none. */
export function exactly<Fields extends Record<string, TSchema>> (fields: Fields, title?: string) {
  return Type.Object(fields, { ...title !== undefined && { title }, additionalProperties: false })
}
