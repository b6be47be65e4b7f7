import type { FastifyInstance } from 'fastify'
import { queryOf } from '../kit/http/parameters.ts'
import { appendToQuery, authorizeRoutes } from '../kit/oauth/authorize-page.ts'
import { createCodeStore } from '../kit/oauth/code-store.ts'
import type { Grant } from '../kit/oauth/grant-store.ts'
import { parseLoopbackUrl } from '../kit/oauth/registered-client.ts'
import { clientOf } from '../kit/oauth/standard-token-routes.ts'
import { tokenEndpoint } from '../kit/oauth/token-endpoint.ts'
import { codePage, consentPage, refusalPage } from '../kit/pages/consent-page.ts'
import { html, joinHtml } from '../kit/pages/html.ts'
import type { Html } from '../kit/pages/html.ts'
import { sendPage } from '../kit/pages/service-page.ts'
import type { SandboxServices } from '../kit/simulator.ts'
import { CLIENT, LANDING_PATH } from './client.ts'
import { addWebhook } from './hooks.ts'
import { SlackError } from './slack-error.ts'
import type { Installation, Member, Workspace, World } from './world.ts'

const STYLE = { name: 'Slack', accent: '#4a154b', accentOnDark: '#d6a6d7' }
const MAX_WORKSPACES = 20
const CHANNEL_FIELD = html`<label for="channel">Channel</label>
      <input id="channel" name="channel" value="general" maxlength="80" pattern="[^@#]*" required>`

/** What a person chose on the consent page. */
interface Consent {
  person: Member
  scopes: string[]
  channel: Member | undefined
}

/** The consent page, where a person chooses a workspace and perhaps a channel, and the token endpoint. */
export function oauthRoutes (app: FastifyInstance, world: World, { clock }: SandboxServices): void {
  const { members, workspaces, grants, quirks } = world
  const codes = createCodeStore({ clock })
  const consents = new Map<string, Consent>()

  authorizeRoutes(app, '/oauth/v2/authorize', {
    check: errorIn,
    knownAccounts: members.names,
    accountRule: {
      accepts: (account) => /^[^#\p{Cc}][^\p{Cc}]{0,99}$/u.test(account),
      text: 'A name has 1 to 100 characters. Names of channels begin with #.'
    },
    consentPage: (input, person) => consentPage(STYLE, {
      title: 'Authorize',
      heading: html`${CLIENT.name} requests access to a Slack workspace`,
      explanation: html`<p>It will be able to send you messages.</p>`,
      action: 'authorize',
      hidden: Object.fromEntries([...input].filter(([name]) => !['account', 'workspace', 'channel'].includes(name))),
      choices: choices(input),
      person
    }),
    refusalPage: (text) => refusalPage(STYLE, 'Invalid request', 'Something went wrong', text),
    allow (input, account) {
      const workspace = input.get('workspace') ?? ''
      const person = members.open(account.includes('@') || workspace === '' ? account : `${account}@${workspace}`)
      const scopes = scopesOf(input)
      const channel = scopes.includes('incoming-webhook') ? members.open(`#${input.get('channel') || 'general'}@${person.workspace.name}`) : undefined
      const code = codes.issue(person.account, input.get('redirect_uri') ?? '')
      consents.set(code, { person, scopes, channel })
      return { code }
    },
    redirectUrl: appendToQuery
  })

  tokenEndpoint(app, {
    path: '/api/oauth.v2.access',
    defaultGrantType: 'authorization_code',
    authenticate (parameters, request) {
      const { id, secret } = clientOf(parameters, request)
      if (id !== CLIENT.id) throw new SlackError('invalid_client_id')
      if (secret !== CLIENT.secret) throw new SlackError('bad_client_secret')
    },
    grantTypes: {
      authorization_code (parameters, request) {
        const code = parameters.get('code') ?? ''
        const consent = consents.get(code)
        const redeemed = codes.redeem(code)
        if (consent === undefined || redeemed === undefined) throw new SlackError('invalid_code')
        if (redeemed.redirectUri !== parameters.get('redirect_uri')) throw new SlackError('bad_redirect_uri')
        const { person, scopes, channel } = consent
        const { workspace } = person
        return {
          ...toTokenResponse(workspace, world.install(workspace, scopes)),
          authed_user: { id: person.id },
          ...channel !== undefined && { incoming_webhook: addWebhook(world, channel, request) }
        }
      },

      refresh_token (parameters) {
        const token = parameters.get('refresh_token') ?? ''
        const grant = quirks.rotatesTokens ? grants.byRefreshToken(token) : undefined
        if (grant === undefined) {
          grants.countRefused(token)
          throw new SlackError('invalid_refresh_token')
        }
        return toTokenResponse(world.workspaceOf(grant.account), grants.refresh(grant))
      }
    },
    unsupported: () => new SlackError('invalid_grant_type')
  })

  function choices (input: URLSearchParams): Html {
    const known = [...workspaces.keys()].slice(0, MAX_WORKSPACES).map((name) => html`<option value="${name}">`)
    return html`<label for="workspace">Workspace</label>
      <input id="workspace" name="workspace" value="${input.get('workspace') ?? ''}" list="workspaces" maxlength="50" pattern="[^@#]*" autocomplete="off" spellcheck="false">
      <datalist id="workspaces">${joinHtml(known)}</datalist>
      <p class="hint">Without a name, the account has a workspace of its own.</p>
      ${scopesOf(input).includes('incoming-webhook') ? CHANNEL_FIELD : html``}`
  }

  app.get('/granted', async (request, reply) => {
    const base = `${request.protocol}://${request.host}`
    const fields = { client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uri: base + LANDING_PATH }
    return sendPage(reply, 200, codePage(STYLE, { tokenUrl: `${base}/slack/api/oauth.v2.access`, fields, code: queryOf(request).get('code') }))
  })
}

function errorIn (input: URLSearchParams): { status: number, text: string } | undefined {
  if (input.get('client_id') !== CLIENT.id) return { status: 400, text: 'Invalid client_id parameter.' }
  if (parseLoopbackUrl(input.get('redirect_uri') ?? '', [CLIENT.redirectPath, LANDING_PATH]) === undefined) {
    return { status: 400, text: 'redirect_uri did not match any configured URIs.' }
  }
  return scopesOf(input).length > 0 ? undefined : { status: 400, text: 'Invalid permissions requested.' }
}

/** Slack separates scopes by commas only. */
function scopesOf (input: URLSearchParams): string[] {
  return (input.get('scope') ?? '').split(',').filter((scope) => /^[a-z][\w.:-]*$/.test(scope))
}

/** The response without the person, as after a refresh. */
function toTokenResponse (
  { id, name, botUserId }: Workspace, { accessToken, refreshToken, details, issuedMs, accessExpiresMs }: Grant<Installation>
): object {
  const expiresIn = (accessExpiresMs - issuedMs) / 1000
  return {
    ok: true,
    access_token: accessToken,
    token_type: 'bot',
    scope: details.scopes.join(','),
    bot_user_id: botUserId,
    app_id: CLIENT.appId,
    team: { id, name },
    enterprise: null,
    is_enterprise_install: false,
    ...Number.isFinite(expiresIn) && { expires_in: expiresIn, refresh_token: refreshToken }
  }
}
