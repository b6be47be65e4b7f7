import { isObject, isText, readTokenResponse } from '@carillon/http'

/** Blot're's JSON format. Times are in milliseconds since the epoch, except `expires_in` (seconds). */
export interface BlotreUser {
  /** Ids have 24 hexadecimal digits. */
  id: string
  userName: string
  /** The id of the user's root stream. */
  rootStream: string
}

export interface BlotreStatus {
  /** `#rrggbb`. */
  color: string
  created: number
  poster?: string | null
}

export interface BlotreTag {
  tag: string
}

export interface BlotreStream {
  id: string
  name: string
  uri: string
  created: number
  updated: number
  status: BlotreStatus
  owner: string
  tags: BlotreTag[]
}

/** The token endpoint's response, and the `creds` of this library's client. */
export interface BlotreToken {
  access_token: string
  token_type?: string
  expires_in?: number
  refresh_token?: string
  user?: BlotreUser | null
}

export interface BlotreTokenInfo {
  issued: number
  expires_in: number
  client_id: string
  /** Null for a refresh token whose access token has expired. */
  user: BlotreUser | null
}

/** A client for one user, with the code that the user enters. */
export interface BlotreDisposable {
  name: string
  blurb: string
  id: string
  secret: string
  code: string
  expires_in: number
}

/** Parses a JSON value of type T. Undefined when it has another type. */
export type Reader<T> = (json: unknown) => T | undefined

export const readUser = object<BlotreUser>({ id: isText, userName: isText, rootStream: isText })
export const readStatus = object<BlotreStatus>({ color: isText, created: isNumber, poster: optional(isText) })
export const readTag = object<BlotreTag>({ tag: isText })
export const readTags = list(readTag)
export const readStream = object<BlotreStream>({
  id: isText,
  name: isText,
  uri: isText,
  created: isNumber,
  updated: isNumber,
  status: is(readStatus),
  owner: isText,
  tags: is(readTags)
})
export const readStreams = list(readStream)
/** Keeps the usable members: the token endpoint has rotated the tokens, so its response is the only copy. */
export function readToken (json: unknown): BlotreToken | undefined {
  const token = readTokenResponse(json)
  if (token === undefined) return undefined
  const { token_type: type, user, ...others } = token
  const known = readUser(user)
  return {
    ...others,
    ...typeof type === 'string' && { token_type: type },
    ...known !== undefined && { user: known }
  }
}

export const readTokenInfo = object<BlotreTokenInfo>({
  issued: isNumber,
  expires_in: isNumber,
  client_id: isText,
  user: optional(is(readUser))
})
export const readDisposable = object<BlotreDisposable>({
  name: isText,
  blurb: (value) => typeof value === 'string',
  id: isText,
  secret: isText,
  code: isText,
  expires_in: isNumber
})

type Check = (value: unknown) => boolean

/** Every member of T has a check, which justifies the `as`. Unknown members stay. */
function object<T> (checks: Record<keyof T, Check>): Reader<T> {
  const all = Object.entries<Check>(checks)
  return (json) => isObject(json) && all.every(([name, check]) => check(json[name])) ? json as T : undefined
}

function list<T> (read: Reader<T>): Reader<T[]> {
  return (json) => Array.isArray(json) && json.every(is(read)) ? json as T[] : undefined
}

function is (read: Reader<unknown>): Check {
  return (value) => read(value) !== undefined
}

function optional (check: Check): Check {
  return (value) => value === undefined || value === null || check(value)
}

function isNumber (value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value)
}
