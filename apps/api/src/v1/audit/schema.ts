import { Type } from 'typebox'
import { auditActions } from '@carillon/shared/audit'
import type { ListedEntry } from '@carillon/shared/audit'
import { actorKinds } from '@carillon/shared/db'
import { exactly, pageQuery, timeField, userIdField } from '../../input/fields.ts'

export const auditTarget = Type.Object({ kind: Type.String(), id: Type.String() }, { title: 'AuditTarget' })

export const auditEntryResponse = Type.Unsafe<ListedEntry>(Type.Object({
  id: Type.String({ description: '`aud_…`' }),
  action: Type.Enum(auditActions, { description: 'The kind of the target, and what was done to it' }),
  createdAt: timeField,
  actor: Type.Object({
    kind: Type.Enum(actorKinds, { description: '`operator`: a person at the command line. `system`: Carillon itself' }),
    id: Type.Union([Type.String(), Type.Null()], { description: 'The id of an API key (`key_…`) or a user (`usr_…`)' }),
    name: Type.Union([Type.String(), Type.Null()], { description: 'The name of an API key, or the account and the host of an operator' })
  }, { title: 'AuditActor' }),
  target: auditTarget,
  userId: Type.Union([Type.String(), Type.Null()], {
    description: 'Your id of the user that the target is or belongs to. Without such a user, that of the user who acted. Null after the user was deleted'
  }),
  teamId: Type.Union([Type.String(), Type.Null()], { description: 'Your id of the team that the target is or belongs to' }),
  requestId: Type.Union([Type.String(), Type.Null()], { description: 'The `X-Request-Id` of the request' }),
  ipAddress: Type.Union([Type.String(), Type.Null()], { description: 'The address that the request came from' }),
  details: Type.Record(Type.String(), Type.Unknown(), { description: 'What changed. The members depend on the action' })
}, { title: 'AuditEntry' }))

export const auditQuery = exactly({
  actor: Type.Optional(Type.String({
    minLength: 1, maxLength: 64, description: 'The id of an API key (`key_…`) or a user (`usr_…`), or `operator` or `system`'
  })),
  action: Type.Optional(Type.Enum(auditActions)),
  targetId: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'The id of the object that was changed, such as `con_…`' })),
  userId: Type.Optional({ ...userIdField, description: 'Your id of a user: only entries about the user or by the user' }),
  after: Type.Optional({ ...timeField, description: 'RFC 3339. Only entries of this time or later' }),
  before: Type.Optional({ ...timeField, description: 'RFC 3339. Only earlier entries' }),
  ...pageQuery
})
