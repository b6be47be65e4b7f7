import { joinBase, ProviderError, sendRequest, withoutParameters } from '@carillon/http'
import type { Account } from '../credentials.ts'
import type { Authorized, ForwardedRequest, Receipt } from '../capabilities.ts'
import type { ProviderClient } from '../define-provider.ts'
import type { Message } from '../message.ts'
import type { RequestContext } from '../request-context.ts'
import type { ServiceConfig } from './config/service-config.ts'
import type { SendConfig } from './config/parse-send.ts'
import { accountIn, parseServiceCredentials } from './credentials.ts'
import type { ServiceCredentials } from './credentials.ts'
import { readAccount, requestUserinfo } from './identity.ts'
import { createRedirect } from './redirect.ts'
import { classify } from './send/classify.ts'
import { createRenderer } from './send/render-message.ts'
import { createAuthorizationServer } from './tokens/authorization-server.ts'
import { refresh, revoke } from './tokens/renew.ts'

/** The client of one configured service. */
export function createService (config: ServiceConfig, serviceName: string): ProviderClient<ServiceCredentials> {
  const { identity, proxyUrl, refreshAheadSeconds, send } = config
  const server = createAuthorizationServer(config)
  const { host } = server

  return {
    origins: originsOf(config),
    handshakes: { redirect: createRedirect(config, server, serviceName) },
    parseCredentials: (value) => parseServiceCredentials(value, host),
    identify,
    refresh: (credentials, context) => refresh(server, credentials, context),
    canRefresh: ({ refreshToken }) => refreshToken !== undefined,
    ...refreshAheadSeconds !== undefined && { refreshAheadMs: refreshAheadSeconds * 1_000 },
    ...config.revoke !== undefined && {
      revoke: (credentials: ServiceCredentials, context: RequestContext) => revoke(server, config, credentials, context),
      revokes: config.revoke.all ? 'account' as const : 'token' as const
    },
    ...send !== undefined && createSender(send),
    ...proxyUrl !== undefined && createProxy(proxyUrl, send, host)
  }

  async function identify (credentials: ServiceCredentials, context: RequestContext): Promise<Account> {
    if (identity.from !== 'userinfo') return accountIn(credentials, host)
    const { userinfo_endpoint: url = '' } = await server.metadata(context)
    return readAccount(await requestUserinfo(url, credentials.accessToken, identity, context), identity, host)
  }
}

function createSender (send: SendConfig) {
  const { method, url: target, headers, body, rules, idempotencyHeader } = send
  const { host } = new URL(target.origin)
  const { render, toValues } = createRenderer(send, host)

  return { send: sendMessage, render, ...send.isIdempotent && { idempotent: true as const } }

  async function sendMessage (
    message: Message, key: string, credentials: ServiceCredentials, context: RequestContext
  ): Promise<Receipt> {
    const values = { ...toValues(message), key, account: credentials.account ?? {} }
    const url = target.render(values)
    if (url === undefined) throw new ProviderError({ kind: 'rejected', reason: 'a value of the path is empty or is no segment' }, host)
    const request = {
      method,
      url,
      headers: {
        accept: 'application/json',
        ...headers,
        'content-type': body.contentType,
        authorization: `Bearer ${credentials.accessToken}`,
        ...idempotencyHeader !== undefined && { [idempotencyHeader]: key }
      },
      body: body.render(values)
    }
    const id = await sendRequest(request, (response, now) => classify(response, now, rules), context)
    return { id: id ?? key }
  }
}

function createProxy (baseUrl: string, send: SendConfig | undefined, host: string) {
  return {
    async authorize ({ path }: ForwardedRequest, { accessToken }: ServiceCredentials): Promise<Authorized> {
      const url = joinBase(baseUrl, path)
      if (url === undefined) throw new ProviderError({ kind: 'rejected', reason: 'path leads elsewhere' }, host)
      // RFC 6750 §2.3: some services prefer this parameter to the header.
      url.search = withoutParameters(url.search, ['access_token'])
      return { url: url.href, headers: { authorization: `Bearer ${accessToken}` } }
    },
    classifyCredentials (response: Parameters<typeof classify>[0]): 'expired' | 'unauthorized' | null {
      const { kind } = classify(response, 0, { rules: send?.rules.rules ?? [], errors: send?.rules.errors })
      return kind === 'expired' || kind === 'unauthorized' ? kind : null
    }
  }
}

/** Those of the configuration. Discovered endpoints elsewhere are requested through the guard. */
function originsOf ({ server, send, proxyUrl }: ServiceConfig): string[] {
  const urls = [server.issuer, ...Object.values(server.endpoints), proxyUrl].filter((url) => url !== undefined)
  return [...new Set([...urls.map((url) => new URL(url).origin), ...send === undefined ? [] : [send.url.origin]])]
}
