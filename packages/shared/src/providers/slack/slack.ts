import { isText, ProviderError } from '@carillon/http'
import type { Receipt } from '../capabilities.ts'
import type { Account, Grant } from '../credentials.ts'
import type { ProviderClient } from '../define-provider.ts'
import type { Message } from '../message.ts'
import type { RequestContext } from '../request-context.ts'
import { createSlackApi } from './api.ts'
import { classify, classifyTokenRefusal } from './classify.ts'
import { parseCredentials } from './credentials.ts'
import type { SlackCredentials } from './credentials.ts'
import { createInboundReader } from './inbound.ts'
import { readInstallation } from './installation.ts'
import { render, toContent } from './render.ts'
import { createSender } from './sender.ts'
import { createTokenEndpoint } from './token-endpoint.ts'

export interface SlackConfig {
  clientId: string
  clientSecret: string
  /** Slack signs its events with it. Without it, the client reads no events. */
  signingSecret: string | undefined
  scope: readonly string[]
  /** The base URLs of the site and of the incoming webhooks. */
  url: string
  hooksUrl: string
}

/** Throws TypeError when the permissions allow no messages. */
export function createSlack (config: SlackConfig): ProviderClient<SlackCredentials> {
  const { clientId, clientSecret, signingSecret, scope, hooksUrl } = config
  if (!scope.includes('incoming-webhook') && !['chat:write', 'im:write'].every((name) => scope.includes(name))) {
    throw new TypeError('SLACK_SCOPE needs incoming-webhook for channels, or chat:write and im:write for direct messages')
  }
  const api = createSlackApi(config.url)
  const { host } = api
  const sender = createSender(api)
  const { refresh, revoke } = createTokenEndpoint(api, { clientId, clientSecret })

  return {
    origins: [...new Set([config.url, hooksUrl].map((url) => new URL(url).origin))],
    handshakes: {
      code: {
        clientId,
        clientSecret,
        authorizeUrl: `${config.url}/oauth/v2/authorize`,
        tokenUrl: api.tokenUrl,
        tokenRequest: { credentials: 'header', format: 'form' },
        scope: [...scope],
        scopeSeparator: ',',
        correlation: 'state',
        accept,
        classifyRefusal: classifyTokenRefusal
      }
    },
    parseCredentials: (value) => parseCredentials(value, host, hooksUrl),
    identify,
    share,
    send,
    render: (message) => render(message, host),
    // Slack's own library refreshes this early too.
    refreshAheadMs: 2 * 60 * 60 * 1_000,
    refresh,
    canRefresh: ({ refreshToken }) => refreshToken !== undefined,
    // Everybody who installs the app in a workspace receives the same bot token.
    revokes: 'account',
    revoke,
    ...signingSecret !== undefined && { inbound: createInboundReader(signingSecret, host) }
  }

  async function accept (token: Record<string, unknown>, context: RequestContext): Promise<Grant<SlackCredentials>> {
    const { tokens, expiresAt, appId, workspace, userId, scopes, webhook } = readInstallation(token, context.now(), host)
    const target = webhook ?? { userId, channelId: await sender.openConversation(userId, tokens.accessToken, context) }
    // Checks the target too.
    const credentials = parseCredentials({ ...tokens, ...target }, host, hooksUrl)
    return {
      credentials: tokens,
      account: toAccount(workspace, credentials),
      missingPermissions: scope.filter((name) => !scopes.includes(name)),
      ...expiresAt !== undefined && { expiresAt },
      shared: { key: `${appId}/${workspace.id}`, target }
    }
  }

  function share ({ appId, accessToken, refreshToken, ...target }: SlackCredentials, { id }: Account) {
    const [workspaceId = '', member] = id.split('/')
    if (appId === undefined || member === undefined) return undefined
    const credentials = { accessToken, ...refreshToken !== undefined && { refreshToken } }
    return { credentials, shared: { key: `${appId}/${workspaceId}`, target } }
  }

  async function identify (credentials: SlackCredentials, context: RequestContext): Promise<Account> {
    const workspace = await api.call('auth.test', {}, credentials.accessToken, (response, now) => classify(response, now, readWorkspace), context)
    return toAccount(workspace, credentials)
  }

  async function send (message: Message, key: string, credentials: SlackCredentials, context: RequestContext): Promise<Receipt> {
    const content = toContent(render(message, host))
    const { userId, webhookUrl } = credentials
    if (webhookUrl !== undefined) return await sender.postToWebhook(webhookUrl, content, key, context)
    if (userId === undefined) throw withoutTarget()
    return await sender.postToPerson({ ...credentials, userId }, content, key, context)
  }

  /** One person of a workspace, or one of its channels, is an account. */
  function toAccount (workspace: Workspace, { userId, webhookUrl, channelId, channelName }: SlackCredentials): Account {
    const { id: host, name } = workspace
    if (webhookUrl !== undefined && channelId !== undefined) return { id: `${host}/${channelId}`, name: `${name} #${channelName ?? channelId}`, host }
    if (userId === undefined) throw withoutTarget()
    return { id: `${host}/${userId}`, name, host }
  }

  function withoutTarget (): ProviderError {
    return new ProviderError({ kind: 'malformed', reason: 'credentials lack a person or a webhook with its channel' }, host)
  }
}

interface Workspace {
  id: string
  name: string
}

function readWorkspace (json: Record<string, unknown>): Workspace | undefined {
  const { team_id: teamId, enterprise_id: enterpriseId, is_enterprise_install: isWholeOrganization, team } = json
  const id = isWholeOrganization === true ? enterpriseId : teamId
  return isText(id) ? { id, name: isText(team) ? team : id } : undefined
}
