import type { BlotreDisposable, BlotreTag, BlotreTokenInfo, Reader } from './objects.ts'
import {
  readDisposable, readStatus, readStream, readStreams, readTag, readTags, readTokenInfo, readUser
} from './objects.ts'
import { encodeQuery } from '@carillon/http'
import type { HttpRequest } from '@carillon/http'

/** A call of the REST API as data. GETs are public; everything else wants an access token, but for disposable clients. */
export interface BlotreRequest<T> {
  method: HttpRequest['method']
  /** Under the base URL, with its query. */
  path: string
  /** Sent as JSON. */
  content?: unknown
  read: Reader<T>
  /** What an error must not repeat. */
  secret?: string
}

/** What `createStream` wants: the last segment of `uri` is `name` in lower case with `+` for each space. */
export interface NewStream {
  name: string
  uri: string
  status?: { color: string }
  tags?: BlotreTag[]
}

export const getUser = (id: string) => get(['user', id], readUser)

/** At most 20. `query` is a colour (`#rrggbb`), a tag (`#tag`) or part of a name; the latest without one. */
export const getStreams = (query?: string) => get(['stream'], readStreams, query)
/** At most 20 streams that carry `tag`. */
export const getTagged = (tag: string, query?: string) => get(['tag', tag, 'children'], readStreams, query)
export const getStream = (id: string) => get(['stream', id], readStream)
/** Gives the one that is there when there is one. */
export const createStream = (stream: NewStream) => write('PUT', ['stream'], readStream, stream)
export const deleteStream = (id: string) => write('DELETE', ['stream', id], readStream)

export const getStatus = (id: string) => get(['stream', id, 'status'], readStatus)
export const setStatus = (id: string, color: string) => write('POST', ['stream', id, 'status'], readStatus, { color })

export const getTags = (id: string) => get(['stream', id, 'tags'], readTags)
export const setTags = (id: string, tags: readonly string[]) =>
  write('POST', ['stream', id, 'tags'], readTags, tags.map((tag) => ({ tag })))
export const getTag = (id: string, tag: string) => get(['stream', id, 'tags', tag], readTag)
export const addTag = (id: string, tag: string) => write('PUT', ['stream', id, 'tags', tag], readTag)

/** At most 20. */
export const getChildren = (id: string, query?: string) => get(['stream', id, 'children'], readStreams, query)
export const getChild = (id: string, childId: string) => get(['stream', id, 'children', childId], readStream)
export const addChild = (id: string, childId: string) => write('PUT', ['stream', id, 'children', childId], readStream)
export const removeChild = (id: string, childId: string) => write('DELETE', ['stream', id, 'children', childId], readStream)

/** About an access or a refresh token. One that is too old is unknown (404). The query is where Blot're wants it. */
export function getTokenInfo (token: string): BlotreRequest<BlotreTokenInfo> {
  return { method: 'GET', path: `/v0/oauth2/token_info?${encodeQuery({ token })}`, read: readTokenInfo, secret: token }
}

/** Ends an access token and its refresh token by either of them. One that is too old is unknown (404). */
export function revokeToken (token: string): BlotreRequest<true> {
  return { method: 'POST', path: `/v0/oauth2/revoke?${encodeQuery({ token })}`, read: readNothing, secret: token }
}

export function createDisposable (name: string, blurb: string): BlotreRequest<BlotreDisposable> {
  return { method: 'PUT', path: '/v0/oauth2/disposable', content: { name, blurb }, read: readDisposable }
}

function get<T> (segments: string[], read: Reader<T>, query?: string): BlotreRequest<T> {
  const search = query === undefined ? '' : `?${encodeQuery({ query })}`
  return { method: 'GET', path: `${pathOf(segments)}${search}`, read }
}

function write<T> (method: 'POST' | 'PUT' | 'DELETE', segments: string[], read: Reader<T>, content?: unknown): BlotreRequest<T> {
  return { method, path: pathOf(segments), read, ...content === undefined ? {} : { content } }
}

function pathOf (segments: string[]): string {
  // These would be another path, and encoding does not change them.
  if (segments.some((segment) => /^\.{0,2}$/.test(segment))) throw new TypeError('an id or a tag is empty or dots')
  return `/v0/api/${segments.map(encodeURIComponent).join('/')}`
}

/** An empty body. */
function readNothing (json: unknown): true | undefined {
  return json === null ? true : undefined
}
