import type { FastifyError, FastifySchemaValidationError } from 'fastify'
import { isStoreUnavailable } from '@carillon/shared/db'
import { ProviderError } from '@carillon/shared/providers'
import { TransportError } from '@carillon/http'
import { DeletedUserError } from '@carillon/shared/users'
import { truncate } from '@carillon/shared/text'
import { Problem, assertNoInputErrors } from './problem.ts'
import type { InputError } from './problem.ts'

/** PostgreSQL restarts within seconds. */
const retryAfterSeconds = 5

/** The problem of a thrown error. Reveals nothing about errors of the server. */
export function toProblem (error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof DeletedUserError) return new Problem('invalidInput', 'The user was deleted. Send the request again to create a new user')
  if (!isFastifyError(error)) return isOfStores(error) ? unavailable() : internal()
  if (error.validation !== undefined) return fromValidation(error.validation)
  const known = byCode.get(error.code)
  if (known !== undefined) return known()
  const status = error.statusCode ?? 500
  return status >= 400 && status < 500 ? new Problem('badRequest', 'The request is not valid') : internal()
}

const byCode = new Map<string, () => Problem>([
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', () => new Problem('unsupportedMediaType', 'Send application/json')],
  ['FST_ERR_CTP_BODY_TOO_LARGE', () => new Problem('bodyTooLarge', 'The body is larger than this call accepts')],
  ['FST_ERR_MAX_PARAM_LENGTH', () => new Problem('pathTooLong', 'A segment of the path is longer than 510 characters')],
  ['FST_ERR_CTP_INVALID_JSON_BODY', () => new Problem('malformedJson', 'The body does not parse as JSON')],
  ['FST_ERR_CTP_EMPTY_JSON_BODY', () => new Problem('malformedJson', 'The body is empty')]
])

/** Errors of a provider's connection have the same codes, and are no errors of our stores. */
function isOfStores (error: unknown): boolean {
  return !(error instanceof ProviderError || error instanceof TransportError) && isStoreUnavailable(error)
}

function unavailable (): Problem {
  const detail = 'The database does not respond, has no disk space or connections left, or is read-only. Try again after Retry-After'
  return new Problem('unavailable', detail, { headers: { 'retry-after': String(retryAfterSeconds) } })
}

function internal (): Problem {
  return new Problem('internal', 'The request failed. Its error is in the log of the server under `requestId`')
}

function isFastifyError (error: unknown): error is FastifyError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' &&
    (error.code.startsWith('FST_') || 'validation' in error)
}

function fromValidation (found: FastifySchemaValidationError[]): Problem {
  try {
    assertNoInputErrors(found.map(toInputError))
  } catch (error) {
    if (error instanceof Problem) return error
  }
  return internal()
}

/** The pattern of texts without control characters. Ajv compiles patterns as Unicode. */
export const controlFree = '^\\P{Cc}*$'

/** The errors of Ajv as errors of this API. */
export function toInputErrors (found: Array<Omit<FastifySchemaValidationError, 'params'> & { params: object }>): InputError[] {
  return found.map((one) => toInputError({ ...one, params: { ...one.params } }))
}

/** Ajv names the object for some errors. This API names the field. */
function toInputError ({ keyword, instancePath, params, message }: FastifySchemaValidationError): InputError {
  const path = instancePath.split('/').slice(1).map(unescapePointer)
  if (keyword === 'required') return fault([...path, params['missingProperty']], 'is required')
  if (keyword === 'additionalProperties') return fault([...path, params['additionalProperty']], 'is not a known field of this call')
  if (keyword === 'enum' && Array.isArray(params['allowedValues'])) {
    return fault(path, `must be one of ${params['allowedValues'].join(', ')}`)
  }
  if (keyword === 'const') return fault(path, `must be ${JSON.stringify(params['allowedValue'])}`)
  if (keyword === 'pattern' && params['pattern'] === '\\S') return fault(path, 'must not be blank')
  if (keyword === 'pattern' && params['pattern'] === controlFree) return fault(path, 'must not contain control characters')
  if (keyword === 'pattern') return fault(path, 'does not have the format of this field')
  if (keyword === 'format' && params['format'] === 'date-time') return fault(path, 'must be a date and time such as 2026-12-24T18:00:00Z')
  if (keyword === 'minProperties' || keyword === 'maxProperties') return fault(path, `must have exactly ${String(params['limit'])} of its fields`)
  if (keyword === 'type' && params['type'] === 'integer') return fault(path, 'must be an integer')
  return fault(path, message?.replace('must NOT', 'must not') ?? 'is not valid')
}

function fault (path: unknown[], message: string): InputError {
  return { path: truncate(path.join('.'), 200), message }
}

/** RFC 6901 §4. */
function unescapePointer (part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}
