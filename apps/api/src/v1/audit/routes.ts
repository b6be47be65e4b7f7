import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { listAudit } from '@carillon/shared/audit'
import type { AuditFilter } from '@carillon/shared/audit'
import { parseId } from '@carillon/shared/db'
import { listOf } from '../../input/fields.ts'
import { isMoment } from '../../input/is-moment.ts'
import { assertNoInputErrors } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { fromCursor, toCursor, toPage } from '../cursor.ts'
import { auditEntryResponse, auditQuery } from './schema.ts'

export function auditRoutes ({ database }: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/audit', {
      config: { callers: { scope: 'admin' } },
      schema: {
        operationId: 'listAuditEntries',
        tags: ['status'],
        summary: 'List audit entries',
        description: 'Who changed what, when and from where. Newest first.',
        querystring: auditQuery,
        response: { 200: listOf(auditEntryResponse) }
      }
    }, async ({ query: { actor, after, before, limit = 50, cursor, ...filter } }) => {
      const since = readTime('after', after)
      const until = readTime('before', before)
      const page = { limit: limit + 1, before: fromCursor(cursor) }
      const entries = await listAudit(database, { ...filter, since, until, actor: readActor(actor) }, page)
      return toPage(entries, limit, ({ id }) => toCursor(parseId('auditEntry', id) ?? ''), (entry) => entry)
    })
  }
}

function readActor (text: string | undefined): AuditFilter['actor'] {
  if (text === undefined || text === 'operator' || text === 'system') return text && { kind: text }
  for (const kind of ['apiKey', 'user'] as const) {
    const id = parseId(kind, text)
    if (id !== undefined) return { kind, id }
  }
  assertNoInputErrors([{ path: 'actor', message: 'must be the id of an API key (key_…) or a user (usr_…), `operator` or `system`' }])
}

function readTime (path: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  if (!isMoment(text)) assertNoInputErrors([{ path, message: 'must be a moment from 1970 to 9999' }])
  return new Date(text)
}
