import type { GraphError } from './classify.ts'
import { readGraphError } from './classify.ts'
import { isObject, isText, readTokenResponse } from '@carillon/http'

/** The response of the token endpoint. `expiresIn`, in seconds, is absent for a token that does not expire. */
export interface TokenAnswer {
  accessToken: string
  expiresIn: number | undefined
}

/** The data of `debug_token` about a token. */
export interface TokenFacts {
  appId: string
  userId: string
  isValid: boolean
  error: GraphError | undefined
}

export interface Permission {
  name: string
  isGranted: boolean
}

export function readToken (json: unknown): TokenAnswer | undefined {
  const token = readTokenResponse(json)
  if (token === undefined) return undefined
  const { access_token: accessToken, expires_in: expiresIn } = token
  return { accessToken, expiresIn }
}

export function readTokenFacts (json: unknown): TokenFacts | undefined {
  const data = isObject(json) ? json['data'] : undefined
  if (!isObject(data) || typeof data['is_valid'] !== 'boolean') return undefined
  return {
    appId: String(data['app_id'] ?? ''),
    userId: String(data['user_id'] ?? ''),
    isValid: data['is_valid'],
    error: readGraphError(data['error'])
  }
}

export function readUser (json: unknown): { id: string, name: string } | undefined {
  if (!isObject(json) || !isText(json['id'])) return undefined
  return { id: json['id'], name: isText(json['name']) ? json['name'] : json['id'] }
}

export function readPermissions (json: unknown): Permission[] | undefined {
  const data: unknown = isObject(json) ? json['data'] : undefined
  if (!Array.isArray(data)) return undefined
  return data.flatMap((one: unknown) =>
    isObject(one) && isText(one['permission']) ? [{ name: one['permission'], isGranted: one['status'] === 'granted' }] : [])
}

/** `{"success": true}`, or `true` in older versions. */
export function readSuccess (json: unknown): true | undefined {
  return json === true || (isObject(json) && json['success'] === true) ? true : undefined
}
