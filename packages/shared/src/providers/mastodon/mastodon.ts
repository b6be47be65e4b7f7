import { createHash } from 'node:crypto'
import { createUserHosts, isText, isUserHost, joinBase, parseJsonObject, ProviderError, sendRequest } from '@carillon/http'
import type { HttpResponse } from '@carillon/http'
import type { ForwardedRequest } from '../capabilities.ts'
import type { Account, Grant } from '../credentials.ts'
import type { ProviderClient } from '../define-provider.ts'
import type { Message } from '../message.ts'
import { refreshTokens } from '../oauth2/refresh-tokens.ts'
import { revokeTokens } from '../oauth2/revoke-tokens.ts'
import type { RequestContext } from '../request-context.ts'
import { classify } from './classify.ts'
import { parseAccount, parseMastodonCredentials, splitAccount } from './credentials.ts'
import type { MastodonCredentials } from './credentials.ts'
import { createHandshakes } from './handshake.ts'
import type { NewToken } from './handshake.ts'
import { sendPost } from './send-post.ts'
import type { Author } from './send-post.ts'
import { tokenClientOf } from './register.ts'
import { maxCharacters, renderPost } from './render.ts'

export type Visibility = 'public' | 'unlisted' | 'private' | 'direct'

export interface MastodonConfig {
  /** The name of the application in registrations at servers. */
  clientName: string
  /** Each `host` or `host:port` that uses plain http without the guard, for development. */
  insecureHosts: readonly string[]
  /** Who sees a post in the user's name. */
  visibility: Visibility
  /** The account that mentions users in its posts. Without it, Carillon posts in the user's name. */
  bot?: { url: string, token: string } | undefined
}

/** The part of a post that the mention of a user may need. Servers count the name without its host. */
const mentionCharacters = 40

/** Mastodon, GoToSocial, Pleroma and other servers with their API. Throws TypeError for an invalid insecure host. */
export function createMastodon (config: MastodonConfig): ProviderClient<MastodonCredentials> {
  const { clientName, insecureHosts, visibility, bot } = config
  const hosts = createUserHosts(insecureHosts)
  const maxText = bot === undefined ? maxCharacters : maxCharacters - mentionCharacters

  return {
    origins: [...hosts.insecureOrigins, ...bot === undefined ? [] : [new URL(bot.url).origin]],
    handshakes: createHandshakes(hosts, { clientName, posts: bot === undefined }, accept),
    parseAccount: (text) => parseAccount(text, hosts),
    parseCredentials: (value) => parseMastodonCredentials(value, hosts),
    share,
    identify: ({ account, ...token }, context) => identify(splitAccount({ account }).host, token, context),
    render: (message) => renderPost(message, maxText),
    send,
    // GoToSocial alone ignores the key.
    idempotent: true,
    canRefresh,
    async refresh (credentials, context) {
      const client = tokenClientOf(originOf(credentials), credentials)
      const { credentials: tokens, ...refreshed } = await refreshTokens(client, credentials, context)
      return { ...refreshed, credentials: { ...credentials, ...tokens } }
    },
    async revoke (credentials, context) {
      const { accessToken } = credentials
      const origin = originOf(credentials)
      // Pleroma does not recognize its refresh token here.
      await revokeTokens(tokenClientOf(origin, credentials), `${origin}/oauth/revoke`, { accessToken }, context)
    },
    authorize,
    classifyCredentials
  }

  async function accept (token: NewToken, context: RequestContext): Promise<Grant<MastodonCredentials>> {
    const { host, expiresAt, credentials: tokens, ...client } = token
    // The user may have been logged in at the server with another account than the one they entered.
    const account = await identify(host, tokens, context)
    const credentials = { account: account.id, ...tokens, ...client }
    return { ...share(credentials), account, ...expiresAt !== undefined && { expiresAt } }
  }

  /** Mastodon gives the same token to everyone who connects this account, so it is revoked with the last of their connections. */
  function share (credentials: MastodonCredentials) {
    const { host } = splitAccount(credentials)
    return { credentials, shared: { key: createHash('sha256').update(`${host} ${credentials.accessToken}`).digest('base64url'), target: {} } }
  }

  async function identify (
    host: string, { accessToken, refreshToken }: Pick<MastodonCredentials, 'accessToken' | 'refreshToken'>, context: RequestContext
  ): Promise<Account> {
    const url = `${hosts.originOf(host)}/api/v1/accounts/verify_credentials`
    const headers = { accept: 'application/json', authorization: `Bearer ${accessToken}` }
    const rules = { canRefresh: refreshToken !== undefined, scope: 'read:accounts' }
    const { username } = await sendRequest({ method: 'GET', url, isGuarded: isUserHost(url), headers },
      (response, now) => classify(response, now, ['username'], rules), context)
    if (!/^[\w.-]{1,64}$/.test(username)) throw new ProviderError({ kind: 'malformed', reason: 'response names no account' }, host)
    const account = `${username}@${host}`
    return { id: account, name: account, host }
  }

  async function send (message: Message, key: string, credentials: MastodonCredentials, context: RequestContext) {
    const render = (max: number): string => renderPost(message, Math.min(max, maxText)).text
    return { id: await sendPost(render, key, authorOf(credentials), context) }
  }

  function authorOf (credentials: MastodonCredentials): Author {
    const { account, accessToken } = credentials
    return bot === undefined
      ? { origin: originOf(credentials), accessToken, isBot: false, mention: '', visibility, canRefresh: canRefresh(credentials) }
      : { origin: bot.url, accessToken: bot.token, isBot: true, mention: `@${account} `, visibility: 'direct', canRefresh: false }
  }

  function originOf (credentials: MastodonCredentials): string {
    return hosts.originOf(splitAccount(credentials).host)
  }

  async function authorize ({ path }: ForwardedRequest, credentials: MastodonCredentials) {
    const origin = originOf(credentials)
    const url = joinBase(origin, path)
    if (url === undefined) throw new ProviderError({ kind: 'rejected', reason: 'not a path of the server' }, new URL(origin).host)
    return { url: url.href, isGuarded: isUserHost(url.href), headers: { authorization: `Bearer ${credentials.accessToken}` } }
  }
}

/** Only Pleroma issues refresh tokens. */
function canRefresh ({ refreshToken }: Pick<MastodonCredentials, 'refreshToken'>): boolean {
  return refreshToken !== undefined
}

/** Only a 401 of the API is unambiguous: a 403 may concern the requested resource. */
function classifyCredentials ({ status, body }: Pick<HttpResponse, 'status' | 'body'>): 'unauthorized' | null {
  return status === 401 && isText(parseJsonObject(body)?.['error']) ? 'unauthorized' : null
}
