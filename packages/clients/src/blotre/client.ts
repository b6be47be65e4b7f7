import { createBlotreApi, oneTimeCodeGrant } from './api.ts'
import type { BlotreStatus, BlotreStream, BlotreTag, BlotreToken, BlotreTokenInfo, BlotreUser } from './objects.ts'
import * as requests from './requests.ts'
import type { NewStream } from './requests.ts'
import { revoke } from './revoke.ts'
import { createBlotreSession } from './session.ts'
import { createHttp, encodeQuery } from '@carillon/http'
import type { Http } from '@carillon/http'

/** A registered client, or a disposable one with its one-time code. */
export interface BlotreClientInfo {
  client_id: string
  client_secret: string
  /** Must equal a registered redirect URI exactly. */
  redirect_uri?: string
  code?: string
}

export interface BlotreClientOptions {
  /** Base URL, without `/v0`. Default: `https://blot.re`. */
  url?: string
  client?: BlotreClientInfo
  /** A token response. `{ access_token }` is sufficient to start. */
  creds?: BlotreToken
  /** Called with new credentials before their first use, and with null after a revocation. Store them securely. */
  onCreds?: (creds: BlotreToken | null) => void | Promise<void>
  /** Default: its own HTTP client, which `close` closes. */
  http?: Http
  signal?: AbortSignal
  /** Milliseconds since the epoch. */
  now?: () => number
}

/**
 * A client of Blot're's API. A refusal throws RestError, or TokenEndpointError at the token endpoint. A missing or invalid
 * response throws ProviderError, which both extend. After an expired access token, the client refreshes it and repeats the
 * request once. If the refresh fails, it throws the request's own RestError. Streams, tags and statuses can be read without
 * credentials.
 */
export interface BlotreClient {
  readonly url: string
  readonly client: BlotreClientInfo | undefined
  readonly creds: BlotreToken | null
  setCreds: (creds: BlotreToken | null) => Promise<void>

  /** The URL to which you redirect the user. Blot're loses `state`, so bind the callback to your user with a cookie. */
  getAuthorizationUrl: () => string
  /** The page on which a user enters the code of a disposable client. */
  getRedeemUrl: () => string
  redeemAuthorizationCode: (code: string) => Promise<BlotreToken>
  /**
   * Throws TokenEndpointError `invalid_grant` until the user has entered the code. Default: the disposable client's own code.
   */
  redeemOnetimeCode: (code?: string) => Promise<BlotreToken>
  exchangeRefreshToken: () => Promise<BlotreToken>
  /** Returns data about the access token. Throws RestError 404 when it is unknown or has expired. */
  getTokenInfo: () => Promise<BlotreTokenInfo>
  /** Revokes both tokens and deletes them. */
  revoke: () => Promise<void>

  getUser: (id: string) => Promise<BlotreUser>
  /** Returns up to 20 streams: by color (`#rrggbb`), by tag (`#tag`), by text, or the latest. */
  getStreams: (options?: { query?: string }) => Promise<BlotreStream[]>
  getStream: (id: string) => Promise<BlotreStream>
  /** Returns an existing stream if there is one. `uri` consists of the parent's URI and the name (see `joinUri`). */
  createStream: (stream: NewStream) => Promise<BlotreStream>
  deleteStream: (id: string) => Promise<BlotreStream>
  getStreamStatus: (id: string) => Promise<BlotreStatus>
  setStreamStatus: (id: string, status: { color: string }) => Promise<BlotreStatus>

  getTags: (id: string) => Promise<BlotreTag[]>
  /** Replaces all tags with up to 6. */
  setTags: (id: string, tags: BlotreTag[]) => Promise<BlotreTag[]>
  getTag: (id: string, tag: string) => Promise<BlotreTag>
  setTag: (id: string, tag: string) => Promise<BlotreTag>
  /**
   * Returns the remaining tags. Concurrent calls may restore each other's tag: Blot're's own DELETE adds a tag instead of
   * deleting it, so this call replaces all tags.
   */
  deleteTag: (id: string, tag: string) => Promise<BlotreTag[]>
  /** Returns up to 20 streams with that tag. */
  getTagged: (tag: string, options?: { query?: string }) => Promise<BlotreStream[]>

  /** Returns up to 20 streams. */
  getStreamChildren: (id: string, options?: { query?: string }) => Promise<BlotreStream[]>
  getChild: (id: string, childId: string) => Promise<BlotreStream>
  createChild: (id: string, childId: string) => Promise<BlotreStream>
  deleteChild: (id: string, childId: string) => Promise<BlotreStream>

  /** Waits for pending requests. Does not close an `http` from the options. */
  close: () => Promise<void>
}

/** Opens no connection. Throws TypeError for an invalid `url`. */
export function createBlotreClient (options: BlotreClientOptions = {}): BlotreClient {
  const { client, onCreds = () => {} } = options
  const api = createBlotreApi(options.url ?? 'https://blot.re')
  const http = options.http ?? createHttp({ trustedOrigins: [api.url], allowPrivateHosts: [] })
  const context = { http, signal: options.signal ?? new AbortController().signal, now: options.now ?? Date.now }
  const identity = { id: client?.client_id ?? '', secret: client?.client_secret ?? '', kind: 'own' } as const
  const session = createBlotreSession(api, identity, options.creds ?? null, context, onCreds)
  const { creds, setCreds, obtain, refresh, perform } = session

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
    getTokenInfo: async () => await perform(requests.getTokenInfo(readCreds().access_token)),
    revoke: async () => {
      const { access_token: accessToken, refresh_token: refreshToken } = readCreds()
      await revoke(api, { accessToken, refreshToken }, context)
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

  function readCreds (): BlotreToken {
    const token = creds()
    if (token === null) throw new Error('There are no credentials')
    return token
  }
}
