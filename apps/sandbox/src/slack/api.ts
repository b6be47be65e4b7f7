import type { FastifyInstance, FastifyRequest } from 'fastify'
import { credentialsOf } from '../kit/http/authorization.ts'
import { formOf, queryOf } from '../kit/http/parameters.ts'
import type { Grant } from '../kit/oauth/grant-store.ts'
import { assertContent, readContent } from './content.ts'
import type { Deliver } from './content.ts'
import { CLIENT } from './client.ts'
import { SlackError } from './slack-error.ts'
import type { Installation, World } from './world.ts'

interface Call {
  parameters: URLSearchParams
  grant: Grant<Installation>
}

/** The methods of the Web API, by GET or POST, with a form or JSON. */
export function apiRoutes (app: FastifyInstance, world: World, deliver: Deliver): void {
  const { grants, members } = world

  method('auth.test', ({ grant }) => {
    const { id, name, botUserId } = world.workspaceOf(grant.account)
    return { url: `https://${name}.slack.example/`, team: name, user: 'carillon', team_id: id, user_id: botUserId, bot_id: `B${botUserId.slice(1)}`, is_enterprise_install: false }
  })

  method('auth.revoke', ({ grant, parameters }) => {
    const isTest = ['1', 'true'].includes(parameters.get('test') ?? '')
    if (!isTest) world.uninstall(world.workspaceOf(grant.account))
    return { revoked: !isTest }
  })

  method('apps.uninstall', ({ grant, parameters }) => {
    if (parameters.get('client_id') !== CLIENT.id || parameters.get('client_secret') !== CLIENT.secret) throw new SlackError('invalid_client_id')
    world.uninstall(world.workspaceOf(grant.account))
    return {}
  })

  method('conversations.open', ({ grant, parameters }) => {
    assertScope(grant, 'im:write')
    const person = members.byId(parameters.get('users') ?? '')
    if (person === undefined || person.workspace.name !== grant.account) throw new SlackError('user_not_found')
    if (person.isGone) throw new SlackError('user_disabled')
    return { channel: { id: world.conversationOf(person) } }
  })

  method('chat.postMessage', ({ grant, parameters }, request) => {
    assertScope(grant, 'chat:write')
    const id = parameters.get('channel') ?? ''
    const member = world.byConversation(id) ?? members.byId(id)
    if (member === undefined || member.workspace.name !== grant.account) throw new SlackError('channel_not_found')
    if (member.isGone) throw new SlackError(member.account.startsWith('#') ? 'is_archived' : 'user_disabled')
    const content = readContent(Object.fromEntries(parameters))
    assertContent(content)
    return { channel: id, ts: deliver(request, member, content), message: content }
  })

  function method (name: string, respond: (call: Call, request: FastifyRequest) => object): void {
    app.route({
      method: ['GET', 'POST'],
      url: `/api/${name}`,
      handler: async (request) => {
        const parameters = new URLSearchParams([...queryOf(request), ...formOf(request)])
        return { ok: true, ...respond({ parameters, grant: grantOf(request, parameters) }, request) }
      }
    })
  }

  function grantOf (request: FastifyRequest, parameters: URLSearchParams): Grant<Installation> {
    const token = credentialsOf(request, 'bearer') ?? parameters.get('token')
    if (token === null) throw new SlackError('not_authed')
    const grant = grants.byAccessToken(token)
    if (grant === undefined) throw new SlackError('invalid_auth')
    if (grants.isExpired(grant)) throw new SlackError('token_expired')
    return grant
  }
}

function assertScope ({ details: { scopes } }: Grant<Installation>, needed: string): void {
  if (!scopes.includes(needed)) throw new SlackError('missing_scope', { needed, provided: scopes.join(',') })
}
