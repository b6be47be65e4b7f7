import { pino } from 'pino'
import type { DestinationStream, Logger, LoggerOptions } from 'pino'
import { openStdout } from './open-stdout.ts'
import { currentRequestId } from './request-id.ts'

export type Log = Logger

const secretNames = [
  'authorization', 'cookie', 'set-cookie', 'access-token', 'accessToken', 'refreshToken', 'access_token', 'refresh_token', 'token',
  'credentials', 'clientSecret', 'client_secret', 'code', 'verifier', 'state', 'secret', 'key', 'password'
]

/**
 * Logs JSON lines. Redacts fields with secret names, up to two levels deep. Logs only the method and the path of a request,
 * because its query may contain a code or a state. Logs only chosen properties of an error, because a database error contains
 * the statement's parameters.
 */
export function createLog (
  { name, level, destination = openStdout() }: { name: string, level: string, destination?: DestinationStream }
): Log {
  const options = {
    name,
    level,
    redact: { paths: secretNames.flatMap((secret) => [`["${secret}"]`, `*["${secret}"]`, `*.*["${secret}"]`]), censor: '[redacted]' },
    serializers: { err: describeError, error: describeError, req: describeRequest },
    hooks: { logMethod: replaceErrorMessage },
    mixin: describeContext
  }
  return pino(options, destination)
}

/** For a line without a message, pino and Fastify use the error's message. It must reveal no more than `err` does. */
const replaceErrorMessage: NonNullable<NonNullable<LoggerOptions['hooks']>['logMethod']> = function (args, method) {
  const [subject, message]: unknown[] = args
  const facts = subject instanceof Error ? { err: subject } : subject
  const error = isRecord(facts) ? facts['err'] : undefined
  if (!(error instanceof Error) || (message !== undefined && message !== error.message)) return method.apply(this, args)
  method.apply(this, [facts, describeError(error).message])
}

/** pino adds the fields of the line to this object. */
function describeContext (): object {
  const requestId = currentRequestId()
  return requestId === undefined ? {} : { requestId }
}

function describeRequest (request: { method?: string, url?: string, id?: unknown }): object {
  return { id: request.id, method: request.method, path: request.url?.split('?')[0] }
}

interface DescribedError {
  type?: string
  errorCode?: string
  message: string
  stack?: string | undefined
  cause?: DescribedError
}

/** The type, code, message and stack of an error and of its causes. Other properties may contain secrets. */
function describeError (error: unknown): DescribedError {
  if (!(error instanceof Error)) return { message: String(error) }
  const { cause } = error
  // drizzle's message contains the parameters of the statement. The database's error is its cause.
  if ('query' in error && 'params' in error) return describeError(cause instanceof Error ? cause : 'a query failed')
  return {
    type: error.name,
    ...('code' in error && typeof error.code === 'string' ? { errorCode: error.code } : {}),
    message: error.message,
    stack: error.stack,
    ...(cause instanceof Error ? { cause: describeError(cause) } : {})
  }
}

function isRecord (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
