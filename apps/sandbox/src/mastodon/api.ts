import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { credentialsOf } from '../kit/http/authorization.ts'
import { formOf } from '../kit/http/parameters.ts'
import { recordRequest } from '../kit/http/recorded-request.ts'
import { MastodonError, limitHeaders } from './errors.ts'
import { covers } from './oauth.ts'
import { PROVIDER, randomDigits } from './world.ts'
import type { Status, User, World } from './world.ts'

const WINDOW_MS = 300_000
const MAX_REQUESTS = 300
const KEY_LIFETIME_MS = 3_600_000
const VISIBILITIES = ['public', 'unlisted', 'private', 'direct']

/** The parts of the client API that clients need to log in, to look at their account and to post. */
export function apiRoutes (app: FastifyInstance, world: World): void {
  const { services: { clock, inbox }, users, grants, limits, statusKeys, windows } = world

  app.get('/api/v1/accounts/verify_credentials', async (request, reply) => showUser(authenticate(request, reply, 'profile', 'read:accounts')))
  app.get('/oauth/userinfo', async (request, reply) => {
    const { username, account } = authenticate(request, reply, 'profile')
    return { iss: originOf(request), sub: `${originOf(request)}/users/${username}`, preferred_username: username, name: account }
  })

  app.post('/api/v1/statuses', async (request, reply) => {
    const user = authenticate(request, reply, 'write:statuses')
    const key = request.headers['idempotency-key']
    const kept = typeof key === 'string' && world.family() === 'mastodon' ? statusKeys.get(`${user.account} ${key}`) : undefined
    if (kept !== undefined && kept.atMs + KEY_LIFETIME_MS > clock.nowMs()) return show(statusOf(user, kept.statusId), request)
    const fields = formOf(request)
    const [text, visibility] = [fields.get('status') ?? '', fields.get('visibility') ?? 'public']
    if (text.trim() === '') throw new MastodonError(422, 'Validation failed: Text can\'t be blank')
    if ([...text].length > limits.maxCharacters) throw new MastodonError(422, `Validation failed: Text character limit of ${limits.maxCharacters} exceeded`)
    if (!VISIBILITIES.includes(visibility)) throw new MastodonError(422, 'Validation failed: Visibility is not included in the list')
    const status = { id: randomDigits(), text, visibility, createdMs: clock.nowMs(), author: user }
    user.statuses.set(status.id, status)
    if (typeof key === 'string') statusKeys.set(`${user.account} ${key}`, { statusId: status.id, atMs: clock.nowMs() })
    const item = { id: status.id, text, visibility, from: user.account, idempotencyKey: key }
    for (const reader of new Set([user, ...mentionsIn(text)])) inbox.add(PROVIDER, reader.account, recordRequest(request), item)
    return show(status, request)
  })

  app.get<{ Params: { id: string } }>('/api/v1/statuses/:id', async (request, reply) =>
    show(statusOf(authenticate(request, reply, 'read:statuses'), request.params.id), request))

  app.delete<{ Params: { id: string } }>('/api/v1/statuses/:id', async (request, reply) => {
    const user = authenticate(request, reply, 'write:statuses')
    const status = statusOf(user, request.params.id)
    user.statuses.delete(status.id)
    return { ...show(status, request), text: status.text }
  })

  /** The user of a valid token that has one of these scopes. */
  function authenticate (request: FastifyRequest, reply: FastifyReply, ...scopes: string[]): User {
    const family = world.family()
    const token = credentialsOf(request, 'bearer') ?? ''
    const grant = grants.byAccessToken(token)
    if (grant === undefined || grants.isExpired(grant)) {
      if (family === 'pleroma') throw new MastodonError(403, 'Invalid credentials.')
      throw new MastodonError(401, family === 'gotosocial' ? 'Unauthorized: token not found' : 'The access token is invalid')
    }
    countRequest(family === 'gotosocial' ? request.ip : token, reply)
    const user = users.get(grant.account)
    if (user === undefined || user.isDisabled) throw new MastodonError(403, 'Your login is currently disabled')
    if (scopes.some((scope) => covers(grant.details.scope.split(/\s+/), scope))) return user
    if (family === 'pleroma') throw new MastodonError(403, `Insufficient permissions: ${scopes.join(' | ')}.`)
    throw new MastodonError(403, family === 'gotosocial' ? 'Forbidden: token has insufficient scope permission' : 'This action is outside the authorized scopes')
  }

  /** 300 requests in five minutes for each token, or for each address at GoToSocial. Pleroma states no limit. */
  function countRequest (key: string, reply: FastifyReply): void {
    const family = world.family()
    if (family === 'pleroma') return
    const now = clock.nowMs()
    const known = windows.get(key)
    const window = known !== undefined && known.endMs > now ? known : { endMs: now + WINDOW_MS, requests: 0 }
    windows.set(key, window)
    window.requests++
    const reset = family === 'mastodon' ? {} : { 'x-ratelimit-reset': String(Math.ceil(window.endMs / 1_000)) }
    reply.headers({ ...limitHeaders(Math.max(0, MAX_REQUESTS - window.requests), window.endMs), ...reset })
    if (window.requests > MAX_REQUESTS) throw new MastodonError(429, family === 'gotosocial' ? 'rate limit reached' : 'Too many requests')
  }

  function mentionsIn (text: string): User[] {
    const names = [...text.matchAll(/(?<![=/\w])@([\w.-]*\w)(?:@([\w.-]+(?::\d+)?))?/g)]
    const local = names.filter(([, , host]) => host === undefined || host === world.services.hostOf(PROVIDER))
    return local.map(([, name = '']) => users.get(name)).filter((user) => user !== undefined)
  }

  function statusOf (user: User, id: string): Status {
    const status = user.statuses.get(id)
    if (status === undefined) throw new MastodonError(404, 'Record not found')
    return status
  }

  function showUser ({ id, username, account }: User): object {
    const url = `http://${account.replace(/^.*@/, '')}/@${username}`
    return { id, username, acct: username, display_name: username, url, note: '', avatar: `${url}.png`, locked: false, bot: false, fields: [], emojis: [] }
  }

  function show ({ id, text, visibility, createdMs, author }: Status, request: FastifyRequest): object {
    const url = `${originOf(request)}/@${author.username}/${id}`
    return {
      id,
      uri: `${originOf(request)}/users/${author.username}/statuses/${id}`,
      url,
      created_at: new Date(createdMs).toISOString(),
      visibility,
      content: `<p>${text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)}</p>`,
      spoiler_text: '',
      sensitive: false,
      account: showUser(author),
      mentions: mentionsIn(text).map((user) => ({ id: user.id, username: user.username, acct: user.username })),
      media_attachments: [],
      tags: [],
      emojis: []
    }
  }
}

export function originOf ({ protocol, host }: FastifyRequest): string {
  return `${protocol}://${host}`
}
