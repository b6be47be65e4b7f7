import { Type } from 'typebox'
import { problemType } from './problem-handlers.ts'
import { problemTable } from './problem-table.ts'
import type { ProblemCode } from './problem-table.ts'

const problemSchema = Type.Object({
  type: Type.String({ format: 'uri', description: 'A page that explains the code' }),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String({ description: 'What happened, why, and what to do' }),
  instance: Type.String({ description: 'The id of the request as a URI' }),
  requestId: Type.String({ description: 'The id of the request: its `X-Request-Id`, which is also in the log of the server' }),
  code: Type.Enum(Object.keys(problemTable) as ProblemCode[]),
  reason: Type.Optional(Type.String({ description: 'For `handshakeFailed` and `handshakeOver`: a reason of docs/api.md. For `wrongStatus` and `apiKeyInactive`: the current status' })),
  contact: Type.Optional(Type.String({ description: 'For `notOwner` and `notConnected`: the name of the owner of the team' })),
  errors: Type.Optional(Type.Array(Type.Object({
    path: Type.String({ description: 'Such as `message.url` or `audience.userIds.3`' }),
    message: Type.String()
  }, { title: 'InputError' }), { description: 'For `invalidInput`: every error with its path' }))
}, { title: 'Problem', description: 'Problem details (RFC 9457)' })

/** For the `4XX` and `5XX` of every route's responses. The contract has a response for each status instead. */
export const problemResponse = {
  description: 'A problem (RFC 9457). `code` identifies it',
  content: { [problemType]: { schema: problemSchema } }
}
