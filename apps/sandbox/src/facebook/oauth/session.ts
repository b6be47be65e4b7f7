import { createHmac } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { credentialsOf } from '../../kit/http/authorization.ts'
import { GraphError, invalid } from '../graph/graph-error.ts'
import { parametersOf } from '../graph/parameters.ts'
import type { World } from '../world.ts'
import { CLIENT } from './client.ts'
import type { Token } from './tokens.ts'

/** The user token of a call. Throws GraphError. */
export function authenticate (request: FastifyRequest, { quirks, tokens }: World): Token {
  const text = tokenTextOf(request)
  if (text === undefined || tokens.isApp(text)) {
    throw new GraphError({ message: 'An active access token must be used to query information about the current user.', code: 2500 })
  }
  const token = tokens.getReadable(text)
  checkProof(request, text, quirks.ignoresMissingProof)
  return token
}

/** Whether a call has a token of the app itself. Throws GraphError for a wrong proof. */
export function isApp (request: FastifyRequest, { quirks, tokens }: World): boolean {
  const text = tokenTextOf(request)
  if (text === undefined || !tokens.isApp(text)) return false
  checkProof(request, text, quirks.ignoresMissingProof)
  return true
}

/** Facebook accepts a parameter, and a header with one of two schemes. */
function tokenTextOf (request: FastifyRequest): string | undefined {
  return parametersOf(request).get('access_token') ?? credentialsOf(request, 'bearer', 'oauth')
}

/** The proof contains the app's secret, so a stolen token is useless without it. */
function checkProof (request: FastifyRequest, token: string, isOptional: boolean): void {
  const parameters = parametersOf(request)
  const proof = parameters.get('appsecret_proof')
  if (proof === null) {
    if (isOptional) return
    throw proofError('API calls from the server require an appsecret_proof argument')
  }
  const time = parameters.get('appsecret_time')
  const expected = createHmac('sha256', CLIENT.secret).update(time === null ? token : `${token}|${time}`).digest('hex')
  if (proof !== expected) throw proofError('Invalid appsecret_proof provided in the API argument')
}

function proofError (message: string): GraphError {
  return new GraphError({ ...invalid(message).details, type: 'GraphMethodException' })
}
