import { pino } from 'pino'
import type { DestinationStream, Logger } from 'pino'

export type Log = Logger

const secretNames = [
  'authorization', 'cookie', 'set-cookie', 'access-token', 'accessToken', 'refreshToken', 'access_token', 'refresh_token', 'token',
  'credentials', 'clientSecret', 'client_secret', 'code', 'verifier', 'state', 'secret', 'key', 'password'
]

/**
 * JSON lines. Names that hold secrets are redacted one and two levels deep, a request is its method and path (a query
 * may hold a code or a state), and an error is its own words (a database error also carries the statement's parameters).
 */
export function createLog ({ name, level, destination }: { name: string, level: string, destination?: DestinationStream }): Log {
  const options = {
    name,
    level,
    redact: { paths: secretNames.flatMap((secret) => [`["${secret}"]`, `*["${secret}"]`]), censor: '[redacted]' },
    serializers: { err: describeError, error: describeError, req: describeRequest }
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}

function describeRequest (request: { method?: string, url?: string, id?: unknown }): object {
  return { id: request.id, method: request.method, path: request.url?.split('?')[0] }
}

/** Only type, code, message and stack, down the chain of causes: other properties belong to whoever threw it. */
function describeError (error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) }
  const { cause } = error
  // drizzle's message is the statement with its parameters; what went wrong is in its cause
  if ('query' in error && 'params' in error && cause instanceof Error) return describeError(cause)
  return {
    type: error.name,
    ...('code' in error && typeof error.code === 'string' ? { errorCode: error.code } : {}),
    message: error.message,
    stack: error.stack,
    ...(cause instanceof Error ? { cause: describeError(cause) } : {})
  }
}
