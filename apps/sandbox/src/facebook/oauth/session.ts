import { createHmac } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { CLIENT } from './client.ts'
import { GraphError, invalid } from '../graph/graph-error.ts'
import { parametersOf } from '../graph/parameters.ts'
import type { Token } from './tokens.ts'
import type { World } from '../world.ts'

/** The token of a call that speaks for a person. Throws GraphError. */
export function authenticate (request: FastifyRequest, { quirks, tokens }: World): Token {
  const text = tokenTextOf(request)
  if (text === undefined || tokens.isApp(text)) {
    throw new GraphError({ message: 'An active access token must be used to query information about the current user.', code: 2500 })
  }
  const token = tokens.mustRead(text)
  checkProof(request, text, quirks.ignoresMissingProof)
  return token
}

/** Whether a call speaks for the app itself. Throws GraphError for a proof that is wrong. */
export function isApp (request: FastifyRequest, { quirks, tokens }: World): boolean {
  const text = tokenTextOf(request)
  if (text === undefined || !tokens.isApp(text)) return false
  checkProof(request, text, quirks.ignoresMissingProof)
  return true
}

/** As a parameter, or in the header under either of two names. */
function tokenTextOf (request: FastifyRequest): string | undefined {
  return parametersOf(request).get('access_token') ?? /^(?:Bearer|OAuth) +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
}

/** Whoever shows the proof knows the app's secret, so a stolen token alone is of no use where it is asked for. */
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
