import type { FastifyRequest } from 'fastify'
import { invalidAccessToken } from '../http/pushbullet-error.ts'
import type { User } from '../store/user.ts'

declare module 'fastify' {
  interface FastifyRequest {
    pushbulletUser: User | undefined
  }
}

/** The user a request speaks for; `authenticate` has seen to it that there is one. */
export function userOf (request: FastifyRequest): User {
  if (request.pushbulletUser === undefined) throw invalidAccessToken()
  return request.pushbulletUser
}

/** One token, three ways to show it: `Access-Token`, Basic with an empty password, and Bearer from older documentation. */
export function tokenOf ({ headers }: FastifyRequest): string | undefined {
  const header = headers['access-token']
  if (typeof header === 'string') return header
  const [, scheme = '', value = ''] = /^(\w+) +(\S+)$/.exec(headers.authorization ?? '') ?? []
  switch (scheme.toLowerCase()) {
    case 'bearer': return value
    case 'basic': return /^([^:]*):$/.exec(Buffer.from(value, 'base64').toString())?.[1]
    default: return undefined
  }
}
