import { isObject, isText, ProviderError, readTokenResponse } from '@carillon/http'
import type { Tokens } from '../credentials.ts'
import { parseTokens } from '../oauth2/refresh-tokens.ts'
import { readScopes } from './classify.ts'

/** The content of a token response: the app's access to a workspace, and the person who granted it. */
export interface Installation {
  tokens: Tokens
  expiresAt?: Date
  appId: string
  /** The workspace, or the organization in which the app is installed as a whole. */
  workspace: { id: string, name: string }
  userId: string
  scopes: string[]
  /** The channel that the person chose. */
  webhook?: { channelId: string, channelName: string, webhookUrl: string }
}

/** Throws ProviderError `malformed`. */
export function readInstallation (token: Record<string, unknown>, now: number, host: string): Installation {
  const { app_id: appId, team, enterprise, is_enterprise_install: isWholeOrganization } = token
  const { authed_user: user, scope, incoming_webhook: webhook } = token
  const workspace = isWholeOrganization === true ? enterprise : team
  if (!isText(appId)) throw lacking('app')
  if (!isObject(workspace) || !isText(workspace['id'])) throw lacking('workspace')
  if (!isObject(user) || !isText(user['id'])) throw lacking('user')
  const expiresIn = readTokenResponse(token)?.expires_in
  return {
    tokens: parseTokens({ accessToken: token['access_token'], refreshToken: token['refresh_token'] }, host),
    ...expiresIn !== undefined && { expiresAt: new Date(now + expiresIn * 1_000) },
    appId,
    workspace: { id: workspace['id'], name: isText(workspace['name']) ? workspace['name'] : workspace['id'] },
    userId: user['id'],
    scopes: readScopes(scope),
    ...webhook !== undefined && webhook !== null && { webhook: readWebhook(webhook) }
  }

  function readWebhook (webhook: unknown): NonNullable<Installation['webhook']> {
    const { channel_id: channelId, channel, url } = isObject(webhook) ? webhook : {}
    if (!isText(channelId) || !isText(url)) throw lacking('channel of the webhook')
    return { channelId, channelName: isText(channel) ? channel.replace(/^#/, '') : channelId, webhookUrl: url }
  }

  function lacking (what: string): ProviderError {
    return new ProviderError({ kind: 'malformed', reason: `token response lacks the ${what}` }, host)
  }
}
