import type { FastifyRequest } from 'fastify'
import { invalidMethod, invalidSignature, missingParameter } from './oauth-error.ts'
import { readParameters, valueOf } from './oauth-parameters.ts'
import type { Parameters } from './oauth-parameters.ts'
import { signatureOf } from './oauth-signature.ts'

export const SIGNED_PARAMETERS = ['oauth_consumer_key', 'oauth_signature_method', 'oauth_signature', 'oauth_timestamp', 'oauth_nonce']

/** The parameters. Throws OAuthError when one is missing or the signature method is unknown. */
export function readSigned (request: FastifyRequest, required: string[]): Parameters {
  const parameters = readParameters(request)
  if (!required.every((name) => parameters.has(name))) throw missingParameter()
  if (!['HMAC-SHA1', 'PLAINTEXT'].includes(valueOf(parameters, 'oauth_signature_method'))) throw invalidMethod()
  return parameters
}

export interface Secrets {
  client: string
  token?: string | undefined
}

/** `status` is that of the error. */
export function assertSigned (
  request: FastifyRequest, parameters: Parameters, { client, token }: Secrets, status: 400 | 401
): void {
  if (valueOf(parameters, 'oauth_signature') !== signatureOf(request, parameters, client, token)) throw invalidSignature(status)
}
