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
  /** How a disposable client introduces itself to the user who enters its code. The name has 3 to 254 characters. */
  introduction?: { name: string, blurb: string } | undefined
  /** Name of a child of the root stream that notifications show on, made when missing. The root stream when absent. */
  stream?: string | undefined
}

export function createBlotre (config: BlotreConfig): ProviderClient<BlotreCredentials> {
  const api = createBlotreApi(config.url)
  const { origin, host } = new URL(`${api.url}/`)
  const shared: BlotreClientIdentity = { id: config.clientId, secret: config.clientSecret, kind: 'shared' }
  const introduction = config.introduction ?? { name: 'Carillon', blurb: 'Shows notifications on your stream.' }
  const lookOf = createStreamStyle(config)
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
        // `state` is lost on the consent page, and redirect_uri must equal the registered one to the letter.
        correlation: 'cookie',
        accept
      },
      oneTimeCode: { begin, complete }
    },
    parseCredentials: (value) => parseBlotreCredentials(value, host),
    identify: async (credentials, call) => accountOf(await whoIs(credentials, call)),
    send,
    idempotent: true,
    refreshAheadMs,
    canRefresh: ({ refreshToken }) => refreshToken !== undefined,
    refresh,
    revoke: (credentials, call) => revoke(api, credentials, call),
    authorize,
    classifyCredentials
  }

  async function accept (answer: Record<string, unknown>, call: RequestContext): Promise<Grant<BlotreCredentials>> {
    const token = readToken(answer)
    if (token === undefined) throw new ProviderError({ kind: 'malformed', reason: 'token answer makes no sense' }, host)
    return await grantOf(token, {}, call)
  }

  async function begin (call: RequestContext) {
    const { client, code, expiresAt } = await openOneTimeClient(api, introduction.name, introduction.blurb, call)
    return {
      code,
      redeemUrl: api.redeemUrl,
      expiresAt: new Date(expiresAt),
      intervalMs: redeemIntervalMs,
      pending: { clientId: client.id, clientSecret: client.secret, code, expiresAt }
    }
  }

  async function complete (pending: Record<string, unknown>, call: RequestContext): Promise<Grant<BlotreCredentials> | null> {
    const waiting = oneTimeClientOf(pending)
    const token = await redeemOneTimeCode(api, waiting, call)
    const { id: clientId, secret: clientSecret } = waiting.client
    return token === null ? null : await grantOf(token, { clientId, clientSecret }, call)
  }

  async function grantOf (
    token: BlotreToken, client: Partial<BlotreCredentials>, call: RequestContext
  ): Promise<Grant<BlotreCredentials>> {
    const credentials = credentialsOf(token, client, host)
    const expiresAt = expiryOf(token, call.now())
    const account = accountOf(token.user ?? await whoIs(credentials, call))
    return { credentials, account, ...expiresAt === undefined ? {} : { expiresAt } }
  }

  async function whoIs ({ accessToken, refreshToken }: BlotreCredentials, call: RequestContext): Promise<BlotreUser> {
    const { user } = await api.request(getTokenInfo(accessToken), undefined, call).catch((error: unknown) => {
      if (!isUnknownToken(error)) throw error
      // It says this of a token that is too old as of one that never was. Only a refresh can tell.
      throw refreshToken === undefined
        ? new ProviderError({ kind: 'unauthorized', reason: 'access token is not known' }, host, error.status)
        : new ProviderError({ kind: 'expired', reason: 'access token is not known any more' }, host, error.status)
    })
    if (user === null) throw new ProviderError({ kind: 'unauthorized', reason: 'the user is gone' }, host)
    return user
  }

  async function send (message: Message, _key: string, credentials: BlotreCredentials, call: RequestContext) {
    if (message.type === 'file') throw new ProviderError({ kind: 'rejected', reason: 'a stream shows a colour and tags, no files' }, host)
    const look = lookOf(message)
    const root = credentials.rootStream ?? (await whoIs(credentials, call)).rootStream
    return { id: await (child === undefined ? showOnRoot(root, look) : showOnChild(root, child, look)) }

    /** Tags first: whoever watches the stream is woken by the colour, and finds the tags that go with it, not another ring's. */
    async function showOnRoot (id: string, { color, tags }: StreamStyle): Promise<string> {
      return inTurn(id, async () => {
        await api.request(setTags(id, tags), credentials.accessToken, call)
        await api.request(setStatus(id, color), credentials.accessToken, call)
        return id
      })
    }

    /** One PUT makes the stream when it is missing, and sets its status and tags either way. */
    async function showOnChild (parent: string, name: string, { color, tags }: StreamStyle): Promise<string> {
      const { uri } = await api.request(getStream(parent), undefined, call)
      const wanted = { name, uri: joinUri(uri, name), status: { color }, tags: tags.map((tag) => ({ tag })) }
      const { id } = await api.request(createStream(wanted), credentials.accessToken, call)
      return id
    }
  }

  async function refresh (credentials: BlotreCredentials, call: RequestContext) {
    const { refreshToken } = credentials
    if (refreshToken === undefined) throw new ProviderError({ kind: 'unauthorized', reason: 'there is no refresh token' }, host)
    const token = await api.obtainToken(clientOf(credentials), { grant_type: 'refresh_token', refresh_token: refreshToken }, call)
    const expiresAt = expiryOf(token, call.now())
    return { credentials: credentialsOf(token, credentials, host), ...expiresAt === undefined ? {} : { expiresAt } }
  }

  async function authorize ({ path }: ForwardedRequest, { accessToken }: BlotreCredentials) {
    const url = joinBase(api.url, path)
    if (url === undefined) throw new ProviderError({ kind: 'rejected', reason: 'path leads elsewhere' }, host)
    // Blot're would rather believe this one than the header.
    url.search = withoutParameters(url.search, ['access_token'])
    return { url: url.href, headers: { authorization: `Bearer ${accessToken}` } }
  }

  function clientOf ({ clientId, clientSecret }: BlotreCredentials): BlotreClientIdentity {
    return clientId === undefined || clientSecret === undefined ? shared : { id: clientId, secret: clientSecret, kind: 'own' }
  }

  function oneTimeClientOf ({ clientId, clientSecret, code, expiresAt }: Record<string, unknown>): OneTimeClient {
    if (typeof clientId !== 'string' || typeof clientSecret !== 'string' || typeof code !== 'string' || typeof expiresAt !== 'number') {
      throw new ProviderError({ kind: 'malformed', reason: 'what was kept of the handshake makes no sense' }, host)
    }
    return { client: { id: clientId, secret: clientSecret, kind: 'own' }, code, expiresAt }
  }
}

/** Access tokens last two hours. */
const refreshAheadMs = 20 * 60_000

function classifyCredentials (answer: HttpResponse): 'expired' | 'unauthorized' | null {
  const { kind } = classify(answer, 0, () => true)
  return kind === 'expired' || kind === 'unauthorized' ? kind : null
}

function accountOf ({ id, userName }: BlotreUser): Account {
  return { id, name: userName }
}
