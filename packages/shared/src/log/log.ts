import { pino } from 'pino'
import type { DestinationStream, Logger, LoggerOptions } from 'pino'
import { openStdout } from './open-stdout.ts'

export type Log = Logger

const secretNames = [
  'authorization', 'cookie', 'set-cookie', 'access-token', 'accessToken', 'refreshToken', 'access_token', 'refresh_token', 'token',
  'credentials', 'clientSecret', 'client_secret', 'code', 'verifier', 'state', 'secret', 'key', 'password'
]

/**
 * JSON lines. Names that hold secrets are redacted at the top and up to two levels down, a request is its method and path
 * (a query may hold a code or a state), and an error is its own words (a database error also carries the statement's
 * parameters).
 */
export function createLog (
  { name, level, destination = openStdout() }: { name: string, level: string, destination?: DestinationStream }
): Log {
  const options = {
    name,
    level,
    redact: { paths: secretNames.flatMap((secret) => [`["${secret}"]`, `*["${secret}"]`, `*.*["${secret}"]`]), censor: '[redacted]' },
    serializers: { err: describeError, error: describeError, req: describeRequest },
    hooks: { logMethod: useOurWords }
  }
  return pino(options, destination)
}

/** pino, and Fastify too, make an error's message the line's when there is no other: it must not say more than `err` does. */
const useOurWords: NonNullable<NonNullable<LoggerOptions['hooks']>['logMethod']> = function (args, method) {
  const [subject, message]: unknown[] = args
  const facts = subject instanceof Error ? { err: subject } : subject
  const error = isRecord(facts) ? facts['err'] : undefined
  if (!(error instanceof Error) || (message !== undefined && message !== error.message)) return method.apply(this, args)
  method.apply(this, [facts, describeError(error).message])
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

/** Only type, code, message and stack, down the chain of causes: other properties belong to whoever threw it. */
function describeError (error: unknown): DescribedError {
  if (!(error instanceof Error)) return { message: String(error) }
  const { cause } = error
  // drizzle's message is the statement with its parameters; what went wrong is in its cause
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
