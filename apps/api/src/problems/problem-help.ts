import type { ProblemCode } from './problem-table.ts'

/** What causes each problem, and what to do about it, as Markdown without links. docs/errors.md and `/problems` contain it. */
export const problemHelp: Record<ProblemCode, { cause: string, fix: string }> = {
  badRequest: help('The API cannot parse the request line, the headers or the path.', 'Check the URL and its percent-encoding.'),
  malformedJson: help('The body is not JSON in UTF-8.', 'Send one JSON value. A byte order mark is allowed.'),
  invalidInput: help(
    'A field is missing, unknown or invalid. `errors` names the first twenty, such as `message.url`.', 'Change the fields that `errors` names.'),
  unauthenticated: help('The request has no bearer token.', 'Send `Authorization: Bearer …` with an API key or a user token.'),
  invalidSignature: help('Only `/inbound`: the provider did not sign the request.', 'Check the variable with the secret or key of the provider.'),
  invalidToken: help(
    'The API key is unknown or revoked, the user token is invalid or has expired, or the token for `/metrics` is not `METRICS_TOKEN`.',
    'Create a new user token, or use another API key.'),
  apiKeyExpired: help(
    'The API key has expired, or it was rotated and the overlap is over in which its earlier secret works.',
    'Use another API key, or the new secret of this key. `carillon keys list` shows when keys expire.'),
  tokenRevoked: help('The tokens of the user were revoked after this one was created.', 'Create a new user token, if the user may have one.'),
  insufficientScope: help('The API key lacks the scope that `detail` names.', 'Use a key with this scope. `carillon keys create` makes one.'),
  exceedsOwnRights: help(
    'The new or changed API key would have a scope that the calling key lacks, or a later expiry than the calling key.',
    'Call with a key that has these scopes and does not expire earlier, or use `carillon keys` on a server that reaches the database.'),
  wrongCaller: help('The call requires a user token and got an API key, or the reverse.', 'Use the kind of token that the call names.'),
  notOwner: help("Only the team's owner may do this.", 'Ask the owner of the team, whose name is in `contact`.'),
  notFound: help('The object does not exist, or belongs to another user.', 'Check the id. A user token reads only what its user may see.'),
  methodNotAllowed: help('The path does not support the method.', 'Use a method that the header `Allow` lists.'),
  requestTimeout: help('The request did not arrive completely within 30 seconds.', 'Send the request again.'),
  notConnected: help(
    'The team has not connected this provider.', 'Ask the owner of the team to connect it. The name of the owner is in `contact`.'),
  connectionClosed: help(
    'The user disconnected the connection, or the provider ended it. The `statusReason` of the connection says which.', 'The user has to connect again.'),
  needsReauth: help('The provider no longer accepts the credentials.', 'The user has to reconnect. Start a handshake.'),
  handshakeOver: help(
    'The handshake ended, or another request is ending it. `reason` says how.', 'Retrieve the handshake, or start another one.'),
  wrongStatus: help(
    'The status of the notification does not allow this. `reason` is the status.', 'Retrieve the notification, and decide by its status.'),
  idempotencyKeyInUse: help(
    'Another request with this `Idempotency-Key` is being handled.', 'Send the same request again after the seconds in `Retry-After`.'),
  apiKeyInactive: help(
    'The API key is revoked or has expired. `reason` says which.', 'Create another key, or give an expired key a later `expiresAt`.'),
  lastAdminKey: help(
    'The API key would revoke itself, and it is the last active key with the scope `admin`.',
    'Create another key with this scope first, or run `carillon keys revoke` on a server that reaches the database.'),
  endpointDisabled: help('Nothing is sent to a disabled endpoint. Its `statusReason` says why it is disabled.', 'Enable the endpoint first.'),
  endpointLimit: help('A deployment has at most 50 endpoints.', 'Delete an endpoint that is not used.'),
  nothingToRetry: help('No delivery of the notification failed, or the notification expired.', 'Send a new notification.'),
  bodyTooLarge: help(
    'The body exceeds 64 KiB; 4 MiB for teams, 16 MiB for notifications and previews, 12 MiB for imports, 32 MiB for the proxy.',
    'Send less in one request.'),
  pathTooLong: help('A segment of the path is longer than 510 characters.', 'Check the id in the path.'),
  unsupportedMediaType: help('The body is not `application/json`.', 'Send JSON with `Content-Type: application/json`.'),
  expectationFailed: help('`Expect` supports only `100-continue`.', 'Send the request without the header.'),
  idempotencyKeyReused: help(
    'The `Idempotency-Key` belongs to a request with another path or body.', 'Use a new key for each request, and the same key only to repeat it.'),
  teamRequired: help(
    'A team connects this provider, and neither the token nor the request names a team.', 'Send `teamId`, or create the user token with one.'),
  wrongVerifier: help('The verifier is wrong.', 'The user may try again.'),
  wrongCode: help('The code from the message is wrong.', 'The user may try again.'),
  addressRefused: help('The address cannot be used now. `reason` says why.', 'The user may enter another address.'),
  handshakeFailed: help('The handshake failed. `reason` is a handshake reason of docs/api.md.', 'Start another handshake.'),
  tooManyRequests: help('A limit of outgoing requests or of codes is reached.', 'Send the request again after the seconds in `Retry-After`.'),
  tooManyStreams: help(
    'The API key or the user already has `MAX_STREAMS_PER_CALLER` open event streams at this API process.',
    'Close streams that you do not need, or open one stream in your backend and share it.'),
  rateLimited: help(
    'Too many requests with this API key, for this user or from this network (an IPv4 address or an IPv6 /64) within a minute.',
    'Send the request again after the seconds in `Retry-After`, and watch `RateLimit-Remaining`.'),
  headersTooLarge: help('The request line and the headers are larger than 16 KiB.', 'Send shorter headers.'),
  internal: help('A fault in Carillon.', "Look for `requestId` in the API's log."),
  notForwarded: help('Carillon forwards no requests to this provider.', "Call the provider's API yourself."),
  providerUnavailable: help('The API cannot reach the provider, or the provider is unavailable.', 'Try again later.'),
  busy: help('Too many deliveries wait.', 'Send the request again after the seconds in `Retry-After`.'),
  closing: help('The API is shutting down.', 'Send the request again after the seconds in `Retry-After`.'),
  unavailable: help(
    'The database does not respond, has no disk space or connections left, or is read-only.',
    'Send the request again after the seconds in `Retry-After`.'),
  notReady: help(
    'Only `/readyz`: a store accepted no write within two seconds, or the program cannot use the tables.',
    'Do what `detail` says, for example run `carillon migrate`.'),
  providerTimeout: help('The provider did not respond in time.', 'Try again later.')
}

function help (cause: string, fix: string): { cause: string, fix: string } {
  return { cause, fix }
}
