import { createBlotreApi, oneTimeCodeGrant } from './api.ts'
import type { BlotreStatus, BlotreStream, BlotreTag, BlotreToken, BlotreTokenInfo, BlotreUser } from './objects.ts'
import * as requests from './requests.ts'
import type { NewStream } from './requests.ts'
import { revoke } from './revoke.ts'
import { createBlotreSession } from './session.ts'
import { createHttp, encodeQuery } from '@carillon/http'
import type { Http } from '@carillon/http'

/** A registered client, or a disposable one and its one-time code. */
export interface BlotreClientInfo {
  client_id: string
  client_secret: string
  /** One of those that are registered, to the letter. */
  redirect_uri?: string
  code?: string
}

export interface BlotreClientOptions {
  /** Base URL, without `/v0`. Default `https://blot.re`. */
  url?: string
  client?: BlotreClientInfo
  /** What a token answer was; `{ access_token }` is enough to begin with. */
  creds?: BlotreToken
  /** Told of all new credentials before they are used again, and of null when they were revoked. Keep them secret. */
  onCreds?: (creds: BlotreToken | null) => void | Promise<void>
  /** Default: an HTTP client of its own, which `close` closes. */
  http?: Http
  signal?: AbortSignal
  /** Milliseconds since the epoch. */
  now?: () => number
}

/**
 * Blot're as its users know it. What it refuses throws RestError, at the token endpoint TokenEndpointError; what it does
 * not answer, or not sensibly, throws ProviderError, which both extend. An expired access token is refreshed, and the
 * call made once more; when that fails, the call's own RestError is thrown. Streams, tags and statuses can be read without
 * credentials.
 */
export interface BlotreClient {
  readonly url: string
  readonly client: BlotreClientInfo | undefined
  readonly creds: BlotreToken | null
  setCreds: (creds: BlotreToken | null) => Promise<void>

  /** Where to send the user. Blot're loses `state`: tie the answer to your user by a cookie. */
  getAuthorizationUrl: () => string
  /** Where a user enters the code of a disposable client. */
  getRedeemUrl: () => string
  redeemAuthorizationCode: (code: string) => Promise<BlotreToken>
  /** TokenEndpointError `invalid_grant` as long as the user has not entered it. Default: the disposable client's own. */
  redeemOnetimeCode: (code?: string) => Promise<BlotreToken>
  exchangeRefreshToken: () => Promise<BlotreToken>
  /** About the access token. RestError 404 when it is unknown or too old. */
  getTokenInfo: () => Promise<BlotreTokenInfo>
  /** Ends both tokens and forgets them. */
  revoke: () => Promise<void>

  getUser: (id: string) => Promise<BlotreUser>
  /** At most 20: by colour (`#rrggbb`), by tag (`#tag`), by text, or the latest. */
  getStreams: (options?: { query?: string }) => Promise<BlotreStream[]>
  getStream: (id: string) => Promise<BlotreStream>
  /** Gives the one that is there when there is one. `uri` is the parent's and the name's own, see `joinUri`. */
  createStream: (stream: NewStream) => Promise<BlotreStream>
  deleteStream: (id: string) => Promise<BlotreStream>
  getStreamStatus: (id: string) => Promise<BlotreStatus>
  setStreamStatus: (id: string, status: { color: string }) => Promise<BlotreStatus>

  getTags: (id: string) => Promise<BlotreTag[]>
  /** In place of those it has; at most 6. */
  setTags: (id: string, tags: BlotreTag[]) => Promise<BlotreTag[]>
  getTag: (id: string, tag: string) => Promise<BlotreTag>
  setTag: (id: string, tag: string) => Promise<BlotreTag>
  /** What is left. Two at a time can bring each other's tag back: Blot're's own DELETE adds instead of taking away. */
  deleteTag: (id: string, tag: string) => Promise<BlotreTag[]>
  /** At most 20 streams with that tag. */
  getTagged: (tag: string, options?: { query?: string }) => Promise<BlotreStream[]>

  /** At most 20. */
  getStreamChildren: (id: string, options?: { query?: string }) => Promise<BlotreStream[]>
  getChild: (id: string, childId: string) => Promise<BlotreStream>
  createChild: (id: string, childId: string) => Promise<BlotreStream>
  deleteChild: (id: string, childId: string) => Promise<BlotreStream>

  /** Waits for the requests under way. Does nothing to an `http` that was handed in. */
  close: () => Promise<void>
}

/** Opens nothing. Throws TypeError for a `url` that is none. */
export function createBlotreClient (options: BlotreClientOptions = {}): BlotreClient {
  const { client, onCreds = () => {} } = options
  const api = createBlotreApi(options.url ?? 'https://blot.re')
  const http = options.http ?? createHttp({ trustedOrigins: [api.url], allowPrivateHosts: [] })
  const call = { http, signal: options.signal ?? new AbortController().signal, now: options.now ?? Date.now }
  const identity = { id: client?.client_id ?? '', secret: client?.client_secret ?? '', kind: 'own' } as const
  const { creds, setCreds, obtain, refresh, perform } = createBlotreSession(api, identity, options.creds ?? null, call, onCreds)

  return {
    url: api.url,
    client,
    get creds () { return creds() },
    setCreds,

    getAuthorizationUrl: () => `${api.authorizeUrl}?${encodeQuery({
      response_type: 'code', client_id: identity.id, redirect_uri: client?.redirect_uri ?? ''
    })}`,
    getRedeemUrl: () => api.redeemUrl,
    redeemAuthorizationCode: (code) =>
      obtain({ grant_type: 'authorization_code', code, redirect_uri: client?.redirect_uri ?? '' }),
    redeemOnetimeCode: (code = client?.code ?? '') => obtain({ grant_type: oneTimeCodeGrant, code }),
    exchangeRefreshToken: refresh,
    getTokenInfo: async () => await perform(requests.getTokenInfo(held().access_token)),
    revoke: async () => {
      const { access_token: accessToken, refresh_token: refreshToken } = held()
      await revoke(api, { accessToken, refreshToken }, call)
      await setCreds(null)
    },

    getUser: async (id) => await perform(requests.getUser(id)),
    getStreams: async ({ query } = {}) => await perform(requests.getStreams(query)),
    getStream: async (id) => await perform(requests.getStream(id)),
    createStream: async (stream) => await perform(requests.createStream(stream)),
    deleteStream: async (id) => await perform(requests.deleteStream(id)),
    getStreamStatus: async (id) => await perform(requests.getStatus(id)),
    setStreamStatus: async (id, { color }) => await perform(requests.setStatus(id, color)),

    getTags: async (id) => await perform(requests.getTags(id)),
    setTags: async (id, tags) => await perform(requests.setTags(id, tags.map(({ tag }) => tag))),
    getTag: async (id, tag) => await perform(requests.getTag(id, tag)),
    setTag: async (id, tag) => await perform(requests.addTag(id, tag)),
    deleteTag: async (id, tag) => {
      const all = await perform(requests.getTags(id))
      const left = all.filter((each) => each.tag !== tag.trim().toLowerCase())
      if (left.length < all.length) await perform(requests.setTags(id, left.map((each) => each.tag)))
      return left
    },
    getTagged: async (tag, { query } = {}) => await perform(requests.getTagged(tag, query)),

    getStreamChildren: async (id, { query } = {}) => await perform(requests.getChildren(id, query)),
    getChild: async (id, childId) => await perform(requests.getChild(id, childId)),
    createChild: async (id, childId) => await perform(requests.addChild(id, childId)),
    deleteChild: async (id, childId) => await perform(requests.removeChild(id, childId)),

    close: async () => { if (options.http === undefined) await http.close() }
  }

  function held (): BlotreToken {
    const token = creds()
    if (token === null) throw new Error('There are no credentials')
    return token
  }
}
