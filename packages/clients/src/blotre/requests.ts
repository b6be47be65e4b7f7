import type { BlotreDisposable, BlotreTag, BlotreTokenInfo, Reader } from './objects.ts'
import {
  readDisposable, readStatus, readStream, readStreams, readTag, readTags, readTokenInfo, readUser
} from './objects.ts'
import { encodeQuery } from '@carillon/http'
import type { HttpRequest } from '@carillon/http'

/**
 * A request to the REST API as data. GETs are public. Other requests need an access token, except those for disposable clients.
 */
export interface BlotreRequest<T> {
  method: HttpRequest['method']
  /** The path under the base URL, with its query. */
  path: string
  /** The body, sent as JSON. */
  content?: unknown
  read: Reader<T>
  /** The secret in the request, which errors must not repeat. */
  secret?: string
}

/** The input of `createStream`. The last segment of `uri` is `name` in lower case with `+` for each space. */
export interface NewStream {
  name: string
  uri: string
  status?: { color: string }
  tags?: BlotreTag[]
}

export const getUser = (id: string) => get(['user', id], readUser)

/**
 * Returns up to 20 streams. `query` is a color (`#rrggbb`), a tag (`#tag`) or part of a name. Without it, returns the latest.
 */
export const getStreams = (query?: string) => get(['stream'], readStreams, query)
/** Returns up to 20 streams with `tag`. */
export const getTagged = (tag: string, query?: string) => get(['tag', tag, 'children'], readStreams, query)
export const getStream = (id: string) => get(['stream', id], readStream)
/** Returns an existing stream if there is one. */
export const createStream = (stream: NewStream) => write('PUT', ['stream'], readStream, stream)
export const deleteStream = (id: string) => write('DELETE', ['stream', id], readStream)

export const getStatus = (id: string) => get(['stream', id, 'status'], readStatus)
export const setStatus = (id: string, color: string) => write('POST', ['stream', id, 'status'], readStatus, { color })

export const getTags = (id: string) => get(['stream', id, 'tags'], readTags)
export const setTags = (id: string, tags: readonly string[]) =>
  write('POST', ['stream', id, 'tags'], readTags, tags.map((tag) => ({ tag })))
export const getTag = (id: string, tag: string) => get(['stream', id, 'tags', tag], readTag)
export const addTag = (id: string, tag: string) => write('PUT', ['stream', id, 'tags', tag], readTag)

/** Returns up to 20 streams. */
export const getChildren = (id: string, query?: string) => get(['stream', id, 'children'], readStreams, query)
export const getChild = (id: string, childId: string) => get(['stream', id, 'children', childId], readStream)
export const addChild = (id: string, childId: string) => write('PUT', ['stream', id, 'children', childId], readStream)
export const removeChild = (id: string, childId: string) => write('DELETE', ['stream', id, 'children', childId], readStream)

/** Returns data about an access or refresh token. An expired one is unknown (404). Blot're requires the token in the query. */
export function getTokenInfo (token: string): BlotreRequest<BlotreTokenInfo> {
  return { method: 'GET', path: `/v0/oauth2/token_info?${encodeQuery({ token })}`, read: readTokenInfo, secret: token }
}

/** Revokes an access token and its refresh token, given either of them. An expired one is unknown (404). */
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
  // These segments would change the path, and encoding does not alter them.
  if (segments.some((segment) => /^\.{0,2}$/.test(segment))) throw new TypeError('an id or a tag is empty or dots')
  return `/v0/api/${segments.map(encodeURIComponent).join('/')}`
}

/** Accepts only an empty body. */
function readNothing (json: unknown): true | undefined {
  return json === null ? true : undefined
}
