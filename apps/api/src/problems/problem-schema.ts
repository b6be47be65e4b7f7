import { Type } from 'typebox'
import { problemTable } from './problem-table.ts'
import type { ProblemCode } from './problem-table.ts'

export const problemSchema = Type.Object({
  type: Type.String({ format: 'uri', description: 'Where the code is explained' }),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String({ description: 'What is wrong with this request' }),
  instance: Type.String({ description: 'Names this answer; the log line of the request carries the same id' }),
  code: Type.Enum(Object.keys(problemTable) as ProblemCode[]),
  reason: Type.Optional(Type.String({ description: 'For `handshakeFailed` and `handshakeOver`: a reason of docs/api.md; for `wrongStatus`: the status' })),
  contact: Type.Optional(Type.String({ description: 'For `notOwner` and `notConnected`: the name of the owner, whom to ask' })),
  errors: Type.Optional(Type.Array(Type.Object({
    path: Type.String({ description: 'Such as `message.url` or `audience.userIds.3`' }),
    message: Type.String()
  }), { description: 'For `invalidInput`: each fault and where it is' }))
}, { description: 'RFC 9457 problem details' })

/** For the `4XX` and `5XX` of every route's responses. */
export const problemResponse = {
  description: 'A problem (RFC 9457); `code` says which',
  content: { 'application/problem+json': { schema: problemSchema } }
}
