import type { FastifyInstance } from 'fastify'
import { formOf, queryOf } from '../kit/http/parameters.ts'
import { appendToQuery, authorizeRoutes } from '../kit/oauth/authorize-page.ts'
import { createCodeStore } from '../kit/oauth/code-store.ts'
import { OAuth2Error } from '../kit/oauth/oauth2-error.ts'
import type { Grant } from '../kit/oauth/grant-store.ts'
import { parseLoopbackUrl } from '../kit/oauth/registered-client.ts'
import { clientOf } from '../kit/oauth/standard-token-routes.ts'
import { tokenEndpoint } from '../kit/oauth/token-endpoint.ts'
import { codePage, consentPage, refusalPage } from '../kit/pages/consent-page.ts'
import { html } from '../kit/pages/html.ts'
import { sendPage } from '../kit/pages/service-page.ts'
import type { SandboxServices } from '../kit/simulator.ts'
import { toWebhookObject } from './api.ts'
import { CLIENT, LANDING_PATH, STYLE } from './client.ts'
import { DiscordError } from './discord-error.ts'
import type { Member, World } from './world.ts'

const CHANNEL_FIELD = html`<label for="channel">Channel</label>
      <input id="channel" name="channel" maxlength="80" pattern="[^@#]*" autocomplete="off" spellcheck="false">
      <p class="hint">Without a name, it is the first channel of the account's own server.</p>`

/** What a person chose on the consent page. */
interface Consent {
  person: Member
  scopes: string[]
  channel: Member | undefined
}

/** The consent page, where a person perhaps chooses a channel, and the endpoints for tokens, which accept forms only. */
export function oauthRoutes (app: FastifyInstance, world: World, { clock }: SandboxServices): void {
  const { members, grants } = world
  const codes = createCodeStore({ clock })
  const consents = new Map<string, Consent>()

  authorizeRoutes(app, '/oauth2/authorize', {
    check: errorIn,
    knownAccounts: members.names,
    accountRule: { accepts: (account) => /^[^#\p{Cc}]{1,100}$/u.test(account), text: 'A name has 1 to 100 characters. Names with # are channels.' },
    consentPage: (input, person) => consentPage(STYLE, {
      title: 'Authorize',
      heading: html`${CLIENT.name} wants to access your Discord account`,
      explanation: scopesOf(input).includes('webhook.incoming')
        ? html`<p>It will be able to send messages to a channel.</p>`
        : html`<p>It will know your name, and its bot will be able to send you messages.</p>`,
      action: 'authorize',
      hidden: Object.fromEntries([...input].filter(([name]) => !['account', 'channel'].includes(name))),
      ...scopesOf(input).includes('webhook.incoming') && { choices: CHANNEL_FIELD },
      person
    }),
    refusalPage: (text) => refusalPage(STYLE, 'Invalid request', 'Something went wrong', text),
    allow (input, account) {
      const person = members.open(account)
      const scopes = scopesOf(input)
      const name = input.get('channel')?.trim() ?? ''
      const channel = scopes.includes('webhook.incoming') ? name === '' ? person : members.open(`${account}#${name}`) : undefined
      const code = codes.issue(account, input.get('redirect_uri') ?? '')
      consents.set(code, { person, scopes, channel })
      return { code }
    },
    deny: () => ({ error: 'access_denied', error_description: 'The resource owner or authorization server denied the request' }),
    redirectUrl: appendToQuery
  })

  app.register(async (scope) => {
    scope.addHook('preHandler', async ({ headers }) => {
      if (!/^application\/x-www-form-urlencoded/i.test(headers['content-type'] ?? '')) throw new DiscordError(415, 0, '415: Unsupported Media Type')
    })

    tokenEndpoint(scope, {
      path: '/api/oauth2/token',
      authenticate: assertClient,
      grantTypes: {
        authorization_code (parameters) {
          const code = parameters.get('code') ?? ''
          const consent = consents.get(code)
          const redeemed = codes.redeem(code)
          if (consent === undefined || redeemed?.redirectUri !== parameters.get('redirect_uri')) throw new OAuth2Error('invalid_grant', 400, 'Invalid "code" in request.')
          const { person, scopes, channel } = consent
          return {
            ...toTokenResponse(grants.issue(person.account, CLIENT.id, { scopes })),
            // A new webhook each time.
            ...channel !== undefined && { webhook: toWebhookWithUrl(channel) }
          }
        },

        refresh_token (parameters) {
          const token = parameters.get('refresh_token') ?? ''
          const grant = grants.byRefreshToken(token)
          if (grant === undefined) {
            grants.countRefused(token)
            throw new OAuth2Error('invalid_grant')
          }
          const refreshed = grants.refresh(grant)
          grants.remove(grant)
          return toTokenResponse(refreshed)
        }
      },
      unsupported: () => new OAuth2Error('unsupported_grant_type')
    })

    scope.post('/api/oauth2/token/revoke', async (request) => {
      const parameters = formOf(request)
      assertClient(parameters, request)
      const token = parameters.get('token') ?? ''
      const grant = grants.byAccessToken(token) ?? grants.byRefreshToken(token)
      // Any token of a user stands for all of them.
      if (grant !== undefined) grants.revoke(grant.account)
      return {}
    })
  })

  app.get('/granted', async (request, reply) => {
    const base = `${request.protocol}://${request.host}`
    const fields = { client_id: CLIENT.id, client_secret: CLIENT.secret, grant_type: 'authorization_code', redirect_uri: base + LANDING_PATH }
    return sendPage(reply, 200, codePage(STYLE, { tokenUrl: `${base}/discord/api/oauth2/token`, fields, code: queryOf(request).get('code') }))
  })

  function toWebhookWithUrl (channel: Member): object {
    const webhook = world.addWebhook(channel, true)
    return { ...toWebhookObject(webhook), url: `https://discord.com/api/webhooks/${webhook.id}/${webhook.token}` }
  }
}

function assertClient (parameters: URLSearchParams, request: Parameters<typeof clientOf>[1]): void {
  const { id, secret } = clientOf(parameters, request)
  if (id !== CLIENT.id || secret !== CLIENT.secret) throw new OAuth2Error('invalid_client', 401)
}

function errorIn (input: URLSearchParams): { status: number, text: string } | undefined {
  if (input.get('client_id') !== CLIENT.id) return { status: 400, text: 'Unknown application.' }
  if (input.get('response_type') !== 'code') return { status: 400, text: 'Unsupported response type.' }
  if (parseLoopbackUrl(input.get('redirect_uri') ?? '', [CLIENT.redirectPath, LANDING_PATH]) === undefined) {
    return { status: 400, text: 'Invalid OAuth2 redirect_uri.' }
  }
  return scopesOf(input).length > 0 ? undefined : { status: 400, text: 'The requested scope is invalid.' }
}

/** Discord separates scopes by spaces only. */
function scopesOf (input: URLSearchParams): string[] {
  return (input.get('scope') ?? '').split(' ').filter((scope) => /^[a-z][\w.]*$/.test(scope))
}

function toTokenResponse (
  { accessToken, refreshToken, details, issuedMs, accessExpiresMs }: Grant<{ scopes: string[] }>
): object {
  return {
    token_type: 'Bearer',
    access_token: accessToken,
    expires_in: (accessExpiresMs - issuedMs) / 1000,
    refresh_token: refreshToken,
    scope: details.scopes.join(' ')
  }
}
