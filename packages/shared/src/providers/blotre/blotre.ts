import {
  classify, createBlotreApi, createStream, getStream, getTokenInfo, isUnknownToken, joinUri, openOneTimeClient, readToken,
  redeemIntervalMs, redeemOneTimeCode, revoke, setStatus, setTags
} from '@carillon/clients/blotre'
import type { BlotreClientIdentity, BlotreToken, BlotreUser, OneTimeClient } from '@carillon/clients/blotre'
import { credentialsOf, expiryOf, parseBlotreCredentials } from './credentials.ts'
import type { BlotreCredentials } from './credentials.ts'
import { createStreamStyle } from './stream-style.ts'
import type { StreamStyle, StreamStyleConfig } from './stream-style.ts'
import { joinBase, ProviderError, withoutParameters } from '@carillon/http'
import type { HttpResponse } from '@carillon/http'
import type { Message } from '../message.ts'
import { omittedFields } from '../rendered.ts'
import type { Rendered } from '../rendered.ts'
import type { Account, Grant } from '../credentials.ts'
import type { RequestContext } from '../request-context.ts'
import type { ForwardedRequest } from '../capabilities.ts'
import type { ProviderClient } from '../define-provider.ts'
import { createTurns } from './turns.ts'

export interface BlotreConfig extends StreamStyleConfig {
  /** Base URL, without `/v0`. */
  url: string
  clientId: string
  clientSecret: string
  /** The disposable client's name (3 to 254 characters) and description for the user who enters its code. */
  introduction?: { name: string, blurb: string } | undefined
  /** The child of the root stream that displays notifications, created when missing. The root stream when absent. */
  stream?: string | undefined
}

export function createBlotre (config: BlotreConfig): ProviderClient<BlotreCredentials> {
  const api = createBlotreApi(config.url)
  const { origin, host } = new URL(`${api.url}/`)
  const shared: BlotreClientIdentity = { id: config.clientId, secret: config.clientSecret, kind: 'shared' }
  const introduction = config.introduction ?? { name: 'Carillon', blurb: 'Shows notifications on your stream.' }
  const styleOf = createStreamStyle(config)
  const inTurn = createTurns()
  const child = config.stream?.trim()
  if (child !== undefined && !/^[ \w$-]{1,64}$/.test(child)) {
    throw new TypeError('the name of a stream is 1 to 64 letters, digits, spaces, _, - or $')
  }

  return {
    origins: [origin],
    handshakes: {
      code: {
        clientId: config.clientId,
        clientSecret: config.clientSecret,
        authorizeUrl: api.authorizeUrl,
        tokenUrl: api.tokenUrl,
        tokenRequest: { credentials: 'body', format: 'form' },
        scope: [],
        // The consent page loses `state`, and redirect_uri must equal the registered one exactly.
        correlation: 'cookie',
        accept
      },
      oneTimeCode: { begin, complete }
    },
    parseCredentials: (value) => parseBlotreCredentials(value, host),
    identify: async (credentials, context) => accountOf(await whoIs(credentials, context)),
    send,
    render,
    idempotent: true,
    refreshAheadMs,
    canRefresh: ({ refreshToken }) => refreshToken !== undefined,
    refresh,
    revoke: (credentials, context) => revoke(api, credentials, context),
    authorize,
    classifyCredentials
  }

  async function accept (response: Record<string, unknown>, context: RequestContext): Promise<Grant<BlotreCredentials>> {
    const token = readToken(response)
    if (token === undefined) throw new ProviderError({ kind: 'malformed', reason: 'token response is invalid' }, host)
    return await grantOf(token, {}, context)
  }

  async function begin (context: RequestContext) {
    const { client, code, expiresAt } = await openOneTimeClient(api, introduction.name, introduction.blurb, context)
    return {
      code,
      redeemUrl: api.redeemUrl,
      expiresAt: new Date(expiresAt),
      intervalMs: redeemIntervalMs,
      pending: { clientId: client.id, clientSecret: client.secret, code, expiresAt }
    }
  }

  async function complete (pending: Record<string, unknown>, context: RequestContext): Promise<Grant<BlotreCredentials> | null> {
    const waiting = oneTimeClientOf(pending)
    const token = await redeemOneTimeCode(api, waiting, context)
    const { id: clientId, secret: clientSecret } = waiting.client
    return token === null ? null : await grantOf(token, { clientId, clientSecret }, context)
  }

  async function grantOf (
    token: BlotreToken, client: Partial<BlotreCredentials>, context: RequestContext
  ): Promise<Grant<BlotreCredentials>> {
    const credentials = credentialsOf(token, client, host)
    const expiresAt = expiryOf(token, context.now())
    const account = accountOf(token.user ?? await whoIs(credentials, context))
    return { credentials, account, ...expiresAt === undefined ? {} : { expiresAt } }
  }

  async function whoIs ({ accessToken, refreshToken }: BlotreCredentials, context: RequestContext): Promise<BlotreUser> {
    const { user } = await api.request(getTokenInfo(accessToken), undefined, context).catch((error: unknown) => {
      if (!isUnknownToken(error)) throw error
      // Blot're's response is the same for an expired token and an unknown one. Only a refresh distinguishes them.
      throw refreshToken === undefined
        ? new ProviderError({ kind: 'unauthorized', reason: 'access token is not known' }, host, error.status)
        : new ProviderError({ kind: 'expired', reason: 'access token is not known any more' }, host, error.status)
    })
    if (user === null) throw new ProviderError({ kind: 'unauthorized', reason: 'the user is gone' }, host)
    return user
  }

  async function send (message: Message, _key: string, credentials: BlotreCredentials, context: RequestContext) {
    const { style } = render(message)
    const root = credentials.rootStream ?? (await whoIs(credentials, context)).rootStream
    return { id: await (child === undefined ? showOnRoot(root, style) : showOnChild(root, child, style)) }

    /** Sets the tags first: the color wakes clients that watch the stream, and they must find this notification's tags. */
    async function showOnRoot (id: string, { color, tags }: StreamStyle): Promise<string> {
      return inTurn(id, async () => {
        await api.request(setTags(id, tags), credentials.accessToken, context)
        await api.request(setStatus(id, color), credentials.accessToken, context)
        return id
      })
    }

    /** One PUT creates a missing stream, and sets its status and tags in any case. */
    async function showOnChild (parent: string, name: string, { color, tags }: StreamStyle): Promise<string> {
      const { uri } = await api.request(getStream(parent), undefined, context)
      const wanted = { name, uri: joinUri(uri, name), status: { color }, tags: tags.map((tag) => ({ tag })) }
      const { id } = await api.request(createStream(wanted), credentials.accessToken, context)
      return id
    }
  }

  /** The tags of the style contain the level and the hashtags of the texts. */
  function render (message: Message): Rendered & { style: StreamStyle } {
    if (message.type === 'file') throw new ProviderError({ kind: 'rejected', reason: 'a stream shows a color and tags, no files' }, host)
    return { style: { ...styleOf(message) }, shortened: [], omitted: omittedFields(message, ['level']) }
  }

  async function refresh (credentials: BlotreCredentials, context: RequestContext) {
    const { refreshToken } = credentials
    if (refreshToken === undefined) throw new ProviderError({ kind: 'unauthorized', reason: 'there is no refresh token' }, host)
    const token = await api.obtainToken(clientOf(credentials), { grant_type: 'refresh_token', refresh_token: refreshToken }, context)
    const expiresAt = expiryOf(token, context.now())
    return { credentials: credentialsOf(token, credentials, host), ...expiresAt === undefined ? {} : { expiresAt } }
  }

  async function authorize ({ path }: ForwardedRequest, { accessToken }: BlotreCredentials) {
    const url = joinBase(api.url, path)
    if (url === undefined) throw new ProviderError({ kind: 'rejected', reason: 'path leads elsewhere' }, host)
    // Blot're prefers this parameter to the header.
    url.search = withoutParameters(url.search, ['access_token'])
    return { url: url.href, headers: { authorization: `Bearer ${accessToken}` } }
  }

  function clientOf ({ clientId, clientSecret }: BlotreCredentials): BlotreClientIdentity {
    return clientId === undefined || clientSecret === undefined ? shared : { id: clientId, secret: clientSecret, kind: 'own' }
  }

  function oneTimeClientOf ({ clientId, clientSecret, code, expiresAt }: Record<string, unknown>): OneTimeClient {
    if (typeof clientId !== 'string' || typeof clientSecret !== 'string' || typeof code !== 'string' || typeof expiresAt !== 'number') {
      throw new ProviderError({ kind: 'malformed', reason: 'the stored handshake is invalid' }, host)
    }
    return { client: { id: clientId, secret: clientSecret, kind: 'own' }, code, expiresAt }
  }
}

/** Access tokens are valid for two hours. */
const refreshAheadMs = 20 * 60_000

function classifyCredentials (response: HttpResponse): 'expired' | 'unauthorized' | null {
  const { kind } = classify(response, 0, () => true)
  return kind === 'expired' || kind === 'unauthorized' ? kind : null
}

function accountOf ({ id, userName }: BlotreUser): Account {
  return { id, name: userName }
}
