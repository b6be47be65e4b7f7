import type { FastifyInstance, FastifyRequest } from 'fastify'
import { formOf } from '../kit/http/parameters.ts'
import { recordRequest } from '../kit/http/recorded-request.ts'
import type { RecordedRequest } from '../kit/http/recorded-request.ts'
import { randomText } from '../kit/random-text.ts'
import type { GrantStore } from '../kit/oauth/grant-store.ts'
import { OAuth2Error } from '../kit/oauth/oauth2-error.ts'
import { accountOfToken } from '../kit/oauth/standard-token-routes.ts'
import { subjectOf } from './board.ts'

export interface Notice {
  id: string
  title?: string
  text?: string
  link?: string
  importance?: string
}

interface NoticeServices {
  grants: GrantStore
  /** By account and id. */
  notices: Map<string, Notice>
  deliver: (request: RecordedRequest, account: string, notice: Notice) => void
}

const maxLength = 4_000

/** The API: notices by `POST`, as JSON, and by `PUT` at a path of the account, as a form. */
export function noticeRoutes (app: FastifyInstance, { grants, notices, deliver }: NoticeServices): void {
  app.post<{ Body: Record<string, unknown> | undefined }>('/api/notices', async (request, reply) => {
    const account = accountOfToken(request, grants)
    return reply.code(201).send(pin(request, account, request.body ?? {}))
  })

  app.put<{ Params: { subject: string, id: string } }>('/api/people/:subject/notices/:id', async (request) => {
    const account = accountOfToken(request, grants)
    const { subject, id } = request.params
    if (subject !== subjectOf(account)) throw new OAuth2Error('not_found', 404)
    return pin(request, account, { ...Object.fromEntries(formOf(request)), id })
  })

  app.get('/api/notices', async (request) => {
    const account = accountOfToken(request, grants)
    return { data: [...notices].flatMap(([key, notice]) => key.startsWith(`${account} `) ? [notice] : []) }
  })

  /** A notice with a known id is the known one. */
  function pin (request: FastifyRequest, account: string, body: Record<string, unknown>): Notice {
    const text = (name: string): string | undefined => typeof body[name] === 'string' ? body[name] : undefined
    const members = { title: text('title'), text: text('text'), link: text('link'), importance: text('importance') }
    if (members.title === undefined && members.text === undefined) throw new OAuth2Error('invalid_notice', 400, 'a title or a text is missing')
    if (Object.values(members).some((value) => value !== undefined && value.length > maxLength)) throw new OAuth2Error('too_long', 413)
    const notice: Notice = { id: text('id') ?? randomText(16), ...JSON.parse(JSON.stringify(members)) }
    const key = `${account} ${notice.id}`
    const known = notices.get(key)
    if (known !== undefined) return known
    notices.set(key, notice)
    deliver(recordRequest(request), account, notice)
    return notice
  }
}
