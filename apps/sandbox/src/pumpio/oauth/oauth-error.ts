/** An error of the OAuth engine: plain text on every path, also below `/api/`, where other errors are JSON. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly status: 400 | 401

  constructor (status: 400 | 401, message: string) {
    super(message)
    this.status = status
  }
}

export const missingParameter = (): OAuthError => new OAuthError(400, 'Missing required parameter')
export const invalidMethod = (): OAuthError => new OAuthError(400, 'Invalid Signature Method')
export const invalidConsumer = (): OAuthError => new OAuthError(400, 'Invalid Consumer Key')
export const internalError = (): OAuthError => new OAuthError(400, 'internal error')
export const usedNonce = (): OAuthError => new OAuthError(401, 'Invalid / used nonce')
/** 400 for an unknown token, 401 for a request token that is used or not yet authorized. */
export const invalidToken = (status: 400 | 401): OAuthError => new OAuthError(status, 'Invalid / expired Token')
/** The token endpoints send 401, and the API sends 400. */
export const invalidSignature = (status: 400 | 401): OAuthError => new OAuthError(status, 'Invalid signature')
