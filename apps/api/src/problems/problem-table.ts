/** Every problem this API answers with. The key is the `code` that programs compare; docs/api.md lists them. */
export const problemTable = {
  badRequest: { status: 400, title: 'The request cannot be understood' },
  malformedJson: { status: 400, title: 'The body is not JSON' },
  invalidInput: { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'A bearer token is needed' },
  invalidToken: { status: 401, title: 'The bearer token is not accepted' },
  insufficientScope: { status: 403, title: 'The API key lacks a scope' },
  wrongCaller: { status: 403, title: 'This call is for another kind of caller' },
  notOwner: { status: 403, title: 'Only the owner of the team may do that' },
  notFound: { status: 404, title: 'There is nothing here' },
  methodNotAllowed: { status: 405, title: 'This address does not take that method' },
  notConnected: { status: 409, title: 'The team has not connected it' },
  connectionClosed: { status: 409, title: 'The connection is closed' },
  needsReauth: { status: 409, title: 'The user has to connect again' },
  handshakeOver: { status: 409, title: 'The handshake is over, or somebody else is ending it' },
  wrongStatus: { status: 409, title: 'The status of the notification does not allow that' },
  nothingToRetry: { status: 409, title: 'Nothing of the notification has failed' },
  bodyTooLarge: { status: 413, title: 'The body is too large' },
  unsupportedMediaType: { status: 415, title: 'The body has to be JSON' },
  teamRequired: { status: 422, title: 'A team has to be chosen' },
  wrongVerifier: { status: 422, title: 'That is not the verifier' },
  handshakeFailed: { status: 422, title: 'The handshake has failed' },
  tooManyRequests: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  notForwarded: { status: 501, title: 'Requests to this provider are not forwarded' },
  providerUnavailable: { status: 502, title: 'The provider gives no answer' },
  busy: { status: 503, title: 'Too much waits already' },
  notReady: { status: 503, title: 'A part of the server does not answer' },
  providerTimeout: { status: 504, title: 'The provider does not answer in time' }
} as const

export type ProblemCode = keyof typeof problemTable
